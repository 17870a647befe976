package dev.gatehouse.manifests.kubelet;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Shell;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Sysctl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;

/// A pod made from a template: a network namespace, volumes, and containers that share both.
public final class Pod {
    /// What a pod is made from.
    ///
    /// @param claims names of volumes that a StatefulSet claims for each pod
    /// @param objects where secrets and config maps are looked up
    public record Source(
            String name,
            String namespace,
            PodTemplateSpec template,
            List<String> claims,
            List<HasMetadata> objects) {
        public Source withTemplate(PodTemplateSpec other) {
            return new Source(name, namespace, other, claims, objects);
        }
    }

    private final Node node;
    private final String name;
    private final String uid = UUID.randomUUID().toString();
    private final PodSpec spec;
    private final String address;
    private final Host sandbox;
    private final Path folder;
    private final Volumes volumes;
    private final PodEnvironment environment;
    private final List<RunningContainer> sidecars = new ArrayList<>();
    private final List<RunningContainer> containers = new ArrayList<>();

    private Pod(Node node, Source source) throws IOException {
        this.node = node;
        int number = node.nextPodNumber();
        name = source.name() + "-" + number;
        spec = source.template().getSpec();
        if (Boolean.TRUE.equals(spec.getHostNetwork())) {
            throw new IllegalArgumentException("pods have a network of their own here");
        }
        sandbox = Lab.internetHost(node.folder(), "pod" + number, number);
        address = "10.99.0." + number;
        folder = sandbox.folder();
        volumes = new Volumes(node, source.objects(), folder, group());
        environment = new PodEnvironment(fields(source.namespace()), volumes);
        setUpNetwork();
        writeFiles();
        for (var volume : spec.getVolumes()) {
            volumes.add(volume);
        }
        for (var claim : source.claims()) {
            volumes.addClaim(claim);
        }
    }

    /// Makes the pod and starts its containers, init containers first; does not wait for probes.
    public static Pod start(Node node, Source source) {
        try {
            var pod = new Pod(node, source);
            pod.startContainers();
            return pod;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long group() {
        var context = spec.getSecurityContext();
        return context.getFsGroup() == null ? 0 : context.getFsGroup();
    }

    private Map<String, String> fields(String namespace) {
        return Map.of(
                "metadata.name", name,
                "metadata.namespace", namespace,
                "metadata.uid", uid,
                "spec.nodeName", Node.NAME,
                "status.podIP", address,
                "status.hostIP", Node.ADDRESS);
    }

    /// As on a node: IPv4 is forwarded, IPv6 is not unless the pod asks for it.
    private void setUpNetwork() {
        var settings = new LinkedHashMap<String, String>();
        settings.put("net.ipv4.ip_forward", "1");
        settings.put("net.ipv6.conf.all.forwarding", "0");
        for (Sysctl sysctl : spec.getSecurityContext().getSysctls()) {
            settings.put(sysctl.getName(), sysctl.getValue());
        }
        settings.forEach(sandbox::sysctl);
        sandbox.run("ip", "route", "add", "default", "via", Node.ADDRESS);
    }

    private void writeFiles() throws IOException {
        Files.writeString(folder.resolve("resolv.conf"), node.resolvConf());
        Files.writeString(folder.resolve("hostname"), name + "\n");
        Files.writeString(
                folder.resolve("hosts"),
                "127.0.0.1 localhost\n::1 localhost\n%s %s\n".formatted(address, name));
    }

    private void startContainers() throws IOException {
        for (Container container : spec.getInitContainers()) {
            var running = make(container);
            if ("Always".equals(container.getRestartPolicy())) {
                sidecars.add(running);
                running.start();
            } else if (running.runToTheEnd() != 0) {
                throw new IllegalStateException(
                        "%s/%s failed: %s".formatted(name, running.name(), running.logText()));
            }
        }
        for (Container container : spec.getContainers()) {
            var running = make(container);
            containers.add(running);
            running.start();
        }
    }

    private RunningContainer make(Container container) throws IOException {
        var script =
                new ContainerScript(
                        node,
                        volumes,
                        folder,
                        spec.getSecurityContext(),
                        container,
                        environment.of(container));
        var file = folder.resolve("start-" + container.getName());
        Files.writeString(file, script.text());
        var log = folder.resolve("log").resolve(container.getName() + ".log");
        return new RunningContainer(container, sandbox, file, log, address);
    }

    public String name() {
        return name;
    }

    public String uid() {
        return uid;
    }

    public String address() {
        return address;
    }

    public Host sandbox() {
        return sandbox;
    }

    /// A file of a volume, as the node sees it.
    public Path volume(String volume) {
        return volumes.path(volume);
    }

    /// Sidecars first; init containers that have ended are not among them.
    public List<RunningContainer> containers() {
        var all = new ArrayList<>(sidecars);
        all.addAll(containers);
        return all;
    }

    public RunningContainer container(String wanted) {
        return containers().stream()
                .filter(one -> one.name().equals(wanted))
                .findFirst()
                .orElseThrow();
    }

    public boolean isReady() {
        return containers().stream().allMatch(RunningContainer::isReady);
    }

    /// What `kubectl exec` does: runs a program in a container, as its user, to its end.
    public Shell.Result exec(String container, String... command) {
        var all = new ArrayList<>(List.of("nsenter", "-t" + container(container).pid()));
        all.addAll(List.of("--mount", "--net", "--pid", "--uts", "--ipc", "--root", "--wd"));
        var user = spec.getSecurityContext().getRunAsUser();
        all.addAll(List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"));
        all.addAll(List.of("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"));
        all.addAll(List.of(command));
        return Shell.attempt(all, "");
    }

    /// Ends all containers at the same time, sidecars after the others, then removes the pod.
    ///
    /// @return exit status by container; 137 if its time was over
    public Map<String, Integer> terminate() {
        var grace = Duration.ofSeconds(spec.getTerminationGracePeriodSeconds());
        var codes = new LinkedHashMap<String, Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var group : List.of(containers, sidecars)) {
                var ends =
                        group.stream()
                                .map(one -> supplyAsync(() -> one.stop(grace), threads))
                                .toList();
                for (int i = 0; i < group.size(); i++) {
                    codes.put(group.get(i).name(), ends.get(i).join());
                }
            }
        }
        volumes.unmount();
        Shell.run("ip", "netns", "del", sandbox.name());
        return codes;
    }

    @Override
    public String toString() {
        return name;
    }
}
