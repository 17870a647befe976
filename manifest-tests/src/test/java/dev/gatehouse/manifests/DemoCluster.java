package dev.gatehouse.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Program;
import dev.gatehouse.manifests.kubelet.Node;
import dev.gatehouse.manifests.kubelet.Pod;
import dev.gatehouse.manifests.kubelet.Rollout;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `overlays/demo` on one [Node]: portal, relay, gateways and client are the pods of the rendered
/// file. The web server is not of an image of ours: the demo's own stands at its name.
final class DemoCluster implements AutoCloseable {
    static final String NAMESPACE = "gatehouse-demo";
    static final String WEB = "http://web.gatehouse-demo.svc.cluster.local:8080/";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DNS_ADDRESS = "10.99.0.53";
    private static final String WEB_ADDRESS = "10.99.0.80";

    private final Manifests overlay = Manifests.of("demo");
    private final Node node;
    private final List<Program> programs = new ArrayList<>();
    private final Rollout gateways;
    private Pod portal;
    private Pod relay;
    private Pod client;

    DemoCluster(Path context) {
        node = Node.create(Enclosure.folder(), context);
        node.resolver(
                "nameserver " + DNS_ADDRESS,
                "search %s.svc.cluster.local svc.cluster.local cluster.local".formatted(NAMESPACE),
                "options ndots:5");
        gateways =
                new Rollout(
                        node,
                        source("gatehouse-gateway"),
                        overlay.named(Deployment.class, "gatehouse-gateway"));
    }

    Pod.Source source(String name) {
        var workload = overlay.workload(name);
        return new Pod.Source(
                name,
                NAMESPACE,
                workload.template(),
                overlay.claimsOf(workload),
                overlay.objects());
    }

    /// Starts all; waits for nobody.
    void start() {
        portal = Pod.start(node, source("gatehouse-portal"));
        startNames();
        startWeb();
        relay = Pod.start(node, source("gatehouse-relay"));
        int replicas = overlay.named(Deployment.class, "gatehouse-gateway").getSpec().getReplicas();
        gateways.scaleUpTo(replicas);
        client = Pod.start(node, source("gatehouse-client"));
    }

    /// The cluster's DNS; a Service of one pod is that pod's address.
    private void startNames() {
        var host = Lab.internetHost(Enclosure.folder(), "dns", 53);
        var domain = "." + NAMESPACE + ".svc.cluster.local,";
        programs.add(
                host.start(
                        "dnsmasq",
                        Map.of(),
                        List.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--no-resolv",
                                "--no-hosts",
                                "--user=root",
                                "--pid-file=",
                                "--local=/local/",
                                "--host-record=gatehouse-portal" + domain + portal.address(),
                                "--host-record=web" + domain + WEB_ADDRESS)));
    }

    private void startWeb() {
        Host host = Lab.internetHost(Enclosure.folder(), "web", 80);
        var command = new ArrayList<>(Enclosure.java("dev.gatehouse.demo.ResourceServer"));
        command.add("8080");
        programs.add(host.start("web", Map.of(), command));
    }

    boolean isUp() {
        return missing().isEmpty();
    }

    /// What is not as it should be when all is up.
    List<String> missing() {
        var missing = new ArrayList<String>();
        for (Pod pod : pods()) {
            for (var container : pod.containers()) {
                if (!container.isReady()) {
                    missing.add(
                            "%s/%s is %s, %d restarts"
                                    .formatted(
                                            pod,
                                            container.name(),
                                            container.isStarted() ? "not ready" : "not started",
                                            container.restarts()));
                }
            }
        }
        var status = status();
        if (status.path("relays").isEmpty() || status.path("resources").size() != 1) {
            missing.add("the client says " + status);
        }
        return missing;
    }

    /// What the client tells on its status socket; empty while it does not answer.
    private JsonNode status() {
        var socket = client.volume("gatehouse").resolve("client").resolve("status");
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return JSON.readTree(Channels.newInputStream(channel).readAllBytes());
        } catch (IOException _) {
            return JSON.createObjectNode();
        }
    }

    /// The gateway pod that the client has a tunnel to.
    Optional<Pod> gatewayInUse() {
        for (JsonNode tunnel : status().path("tunnels")) {
            if (tunnel.path("path").isTextual()) {
                var id = tunnel.path("gateway").asText();
                return gateways.pods().stream()
                        .filter(pod -> pod.name().equals(gatewaysAtPortal().get(id)))
                        .findFirst();
            }
        }
        return Optional.empty();
    }

    /// Names of all gateways that the portal has ever seen, by their id.
    Map<String, String> gatewaysAtPortal() {
        var names = new java.util.TreeMap<String, String>();
        for (JsonNode one : portalApi("gateways").path("gateways")) {
            names.put(one.path("id").asText(), one.path("name").asText());
        }
        return names;
    }

    /// Names of the gateways that are connected to the portal.
    List<String> connectedGateways() {
        var names = new ArrayList<String>();
        portalApi("connections").path("gateways").forEach(n -> names.add(n.path("name").asText()));
        return names;
    }

    private JsonNode portalApi(String path) {
        try {
            var token = Files.readString(portal.volume("data").resolve("portal/api-token")).strip();
            var answer =
                    portal.sandbox()
                            .run(
                                    "curl",
                                    "-sS",
                                    "-m",
                                    "5",
                                    "-H",
                                    "Authorization: Bearer " + token,
                                    "http://127.0.0.1:8084/api/v1/" + path);
            return JSON.readTree(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Node node() {
        return node;
    }

    Rollout gateways() {
        return gateways;
    }

    Pod client() {
        return client;
    }

    List<Pod> pods() {
        var all = new ArrayList<>(List.of(portal, relay, client));
        all.addAll(gateways.pods());
        return all;
    }

    /// The last lines of every container's log, for whoever has to find out.
    List<String> tails() {
        var lines = new ArrayList<String>();
        for (Pod pod : pods()) {
            for (var container : pod.containers()) {
                var text = container.logText().lines().toList();
                lines.add("--- %s/%s".formatted(pod, container.name()));
                lines.addAll(text.subList(Math.max(0, text.size() - 12), text.size()));
            }
        }
        return lines;
    }

    @Override
    public void close() {
        gateways.terminateAll();
        programs.forEach(Program::close);
    }
}
