package dev.gatehouse.containers.compose;

import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.RestartPolicy;
import dev.gatehouse.containers.compose.ComposeFile.Service;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.testkit.Eventually;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.testcontainers.containers.Network;

/// What `docker compose` makes of a [ComposeFile]: its networks, its volumes, its containers.
final class ComposeProject implements AutoCloseable {
    private static final String SERVICE_OF = "service:";
    private static final String TUN = "/dev/net/tun";

    private final ComposeFile file;
    private final String tun;
    private final Map<String, Network> networks = new LinkedHashMap<>();
    private final Map<String, Box> running = new LinkedHashMap<>();
    private final List<Runnable> closings = new ArrayList<>();

    /// @param tun a node of the TUN device that anybody may open
    ComposeProject(ComposeFile file, String tun) {
        this.file = file;
        this.tun = tun;
        file.networks()
                .forEach(
                        (name, settings) -> {
                            var network = Engine.network(settings.internal(), settings.subnets());
                            closings.add(network::close);
                            networks.put(name, network);
                        });
        file.volumes().keySet().forEach(name -> closings.add(Engine.volume(volume(name))));
    }

    /// Starts every service without a profile, those that others depend on first.
    void up() {
        file.services()
                .forEach(
                        (name, service) -> {
                            if (service.profiles().isEmpty()) {
                                start(name);
                            }
                        });
    }

    private Box start(String name) {
        var there = running.get(name);
        if (there != null) {
            return there;
        }
        var service = file.services().get(name);
        awaitThoseBefore(service);
        var box = box(name, service);
        closings.add(box::stop);
        box.start();
        running.put(name, box);
        return box;
    }

    private void awaitThoseBefore(Service service) {
        service.before()
                .forEach(
                        (name, healthy) -> {
                            var box = start(name);
                            if (healthy) {
                                Eventually.holds(
                                        name + " is healthy", Eventually.LONG, box::isHealthy);
                            }
                        });
    }

    /// Runs a service once, to its end, and returns what it said.
    ///
    /// @throws AssertionError if it does not end
    String run(String name) {
        var service = file.services().get(name);
        awaitThoseBefore(service);
        try (var box = box(name, service).mayEnd()) {
            box.start();
            Eventually.holds(name + " ends", Eventually.LONG, box::hasEnded);
            return box.getLogs();
        }
    }

    private Box box(String name, Service service) {
        var box =
                new Box(service.image()).withHealthcheck().with(config -> rights(config, service));
        if (service.healthcheck() != null) {
            box.withHealthcheck(service.healthcheck().test());
        }
        service.environment().forEach(box::withEnv);
        service.sysctls().forEach(box::sysctl);
        if (!service.command().isEmpty()) {
            box.withCommand(service.command().toArray(String[]::new));
        }
        for (String mount : service.volumes()) {
            String[] parts = mount.split(":");
            box.bind(volume(parts[0]), parts[1], !mount.endsWith(":ro"));
        }
        for (String device : service.devices()) {
            box.tun(device.startsWith(TUN + ":") ? tun : device);
        }
        for (String network : service.networkNames()) {
            box.on(service.attachment(name, network, networks.get(network)));
        }
        return service.networkMode().startsWith(SERVICE_OF)
                ? box.beside(start(service.networkMode().substring(SERVICE_OF.length())))
                : box;
    }

    private static HostConfig rights(HostConfig config, Service service) {
        config.withReadonlyRootfs(service.readOnly())
                .withCapDrop(service.dropped())
                .withCapAdd(service.added())
                .withSecurityOpts(service.securityOpt())
                .withTmpFs(service.tmpfs().stream().collect(Collectors.toMap(f -> f, _ -> "")))
                .withPortBindings(service.ports().stream().map(PortBinding::parse).toList());
        if (!service.restart().isEmpty()) {
            config.withRestartPolicy(RestartPolicy.parse(service.restart()));
        }
        return service.networkMode().equals("none") ? config.withNetworkMode("none") : config;
    }

    private static String volume(String name) {
        return "gatehouse-test-" + name;
    }

    /// Whether all that have a health check pass it.
    boolean isHealthy() {
        return file.services().entrySet().stream()
                .filter(entry -> entry.getValue().isOurs() && running.containsKey(entry.getKey()))
                .allMatch(entry -> running.get(entry.getKey()).isHealthy());
    }

    /// What all of them said.
    String logs() {
        var text = new StringBuilder();
        running.forEach((name, box) -> text.append(name).append('\n').append(box.getLogs()));
        return text.toString();
    }

    @Override
    public void close() {
        closings.reversed().forEach(Runnable::run);
    }
}
