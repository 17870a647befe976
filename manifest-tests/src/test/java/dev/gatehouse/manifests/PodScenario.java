package dev.gatehouse.manifests;

import static dev.gatehouse.demo.Report.require;

import dev.gatehouse.demo.Report;
import dev.gatehouse.demo.Wait;
import dev.gatehouse.manifests.kubelet.Pod;
import dev.gatehouse.manifests.kubelet.RunningContainer;
import dev.gatehouse.manifests.sources.Images;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/// The steps that the rendered manifests go through on a node, inside the enclosure.
final class PodScenario {
    private static final Duration UP_LIMIT = Duration.ofSeconds(150);
    private static final Duration BACK_LIMIT = Duration.ofSeconds(30);
    /// `./run test` asks what happens, on any machine, so it multiplies the limits on times.
    private static final long PATIENCE =
            Long.parseLong(System.getenv().getOrDefault("GATEHOUSE_PATIENCE", "1"));

    private static final long OUTAGE_MS_MAX = 3_000 * PATIENCE;
    private static final long START_MS_MAX = 10_000 * PATIENCE; // a JVM on a loaded machine
    private static final long DOWNLOAD_BYTES = 300_000_000;
    private static final double TICKS_PER_SECOND = 100; // of /proc/PID/stat
    private static final int REPLICAS = 3;
    private static final String NET_ADMIN_MASK = "0000000000001000";
    private static final String NO_CAPABILITY = "0000000000000000";

    private final Report report = new Report();
    private final DemoCluster cluster;

    private PodScenario(Path context) {
        cluster = new DemoCluster(context);
    }

    /// @param arguments file for the result; what `deploy/images --stage` made
    public static void main(String[] arguments) {
        var scenario = new PodScenario(Path.of(arguments[1]));
        try {
            scenario.run();
        } finally {
            scenario.report.write(Path.of(arguments[0]));
        }
        System.exit(scenario.report.isOk() ? 0 : 1);
    }

    private void run() {
        if (report.step("start", this::start)) {
            report.step("confinement", this::confinement);
            report.step("metrics", this::metrics);
            report.step("access", this::access);
            report.step("download", this::download);
            report.step("control plane killed", f -> killed("controlplane", OUTAGE_MS_MAX, f));
            report.step("data plane killed", f -> killed("dataplane", START_MS_MAX, f));
            report.step("rolling update", this::rollingUpdate);
            report.step("IPv6 forwarding", this::ipv6Forwarding);
            report.step("memory", this::memory);
            report.step("client ends", this::clientEnds);
        }
        if (!report.isOk()) {
            cluster.missing().forEach(report::say);
            cluster.tails().forEach(report::say);
        }
        cluster.close();
        report.step("no capability", this::noCapability);
        report.step("closed device", this::closedDevice);
    }

    private String start(Map<String, Object> figures) {
        cluster.start();
        var took = Wait.until("all pods are ready", UP_LIMIT, cluster::isUp);
        figures.put("ready_ms", took.toMillis());
        for (Pod pod : cluster.pods()) {
            for (var container : pod.containers()) {
                require(container.restarts() == 0, pod + " restarted " + container.name());
            }
        }
        return "%d pods passed their probes after %d ms"
                .formatted(cluster.pods().size(), took.toMillis());
    }

    /// Each container has what its manifest says, no more.
    private String confinement(Map<String, Object> figures) {
        int containers = 0;
        for (Pod pod : cluster.pods()) {
            for (var container : pod.containers()) {
                confined(pod, container);
                containers++;
            }
        }
        var gateway = cluster.gateways().pods().getFirst();
        require(
                !gateway.exec("controlplane", "ls", "/dev/net/tun").isOk(),
                "the control plane sees the TUN device");
        require(
                !gateway.exec("dataplane", "ls", "/run/secrets/gatehouse").isOk(),
                "the data plane sees the token");
        return containers + " containers have the user, capabilities and root of their manifest";
    }

    private static void confined(Pod pod, RunningContainer running) {
        var where = pod + "/" + running.name() + ": ";
        var image = Images.of(running.spec());
        boolean capable =
                adds(running.spec()) && image.map(Images.Image::hasNetAdmin).orElse(false);
        var expected = capable ? NET_ADMIN_MASK : NO_CAPABILITY;
        for (String set : List.of("CapPrm", "CapEff", "CapBnd")) {
            require(running.status(set).equals(expected), where + set + running.status(set));
        }
        for (String set : List.of("CapInh", "CapAmb")) {
            require(running.status(set).equals(NO_CAPABILITY), where + set + running.status(set));
        }
        require(running.status("NoNewPrivs").equals("1"), where + "may gain privileges");
        var users = running.status("Uid") + " " + running.status("Gid");
        require(users.replaceAll("\\s+", " ").matches("(65532 ?){8}"), where + users);
        for (String folder : List.of("/", "/tmp", "/var/lib", "/etc")) {
            require(
                    !running.status("Uid").isEmpty()
                            && !pod.exec(running.name(), "touch", folder + "/x").isOk(),
                    where + "can write " + folder);
        }
    }

    private static boolean adds(Container container) {
        return container.getSecurityContext().getCapabilities().getAdd().contains("NET_ADMIN");
    }

    /// What autoscaler and monitor ask for is served.
    private String metrics(Map<String, Object> figures) {
        var pod = cluster.gateways().pods().getFirst();
        var dataplane = scrape(pod, 8081);
        SelectorTest.adapterRules()
                .values()
                .forEach(
                        series ->
                                require(
                                        dataplane.lines().anyMatch(l -> l.startsWith(series)),
                                        "the data plane has no " + series));
        require(scrape(pod, 8080).contains("gatehouse_ready 1"), "not ready by its metrics");
        return "both containers serve /metrics, with what the autoscaler needs";
    }

    private static String scrape(Pod pod, int port) {
        return pod.sandbox()
                .run(
                        "curl",
                        "-sS",
                        "-m",
                        "5",
                        "http://%s:%d/metrics".formatted(pod.address(), port));
    }

    private String access(Map<String, Object> figures) {
        var answer =
                cluster.client().exec("application", "curl", "-sS", "-m", "10", DemoCluster.WEB);
        require(answer.isOk(), "GET " + DemoCluster.WEB + ": " + answer.err());
        var addresses = cluster.gateways().pods().stream().map(Pod::address).toList();
        require(
                addresses.stream().anyMatch(answer.out()::contains),
                "not through a gateway: " + answer.out());
        return "the application beside the client says \"%s\"".formatted(answer.out().strip());
    }

    /// What a gateway pod needs for a GiB: the figures of k8s/README.md.
    private String download(Map<String, Object> figures) {
        var dataplane =
                cluster.gatewayInUse()
                        .orElseThrow(() -> new IllegalStateException("no gateway in use"))
                        .container("dataplane");
        fetch(); // by then the code that matters is compiled
        double before = cpuSeconds(dataplane);
        double mbits = DOWNLOAD_BYTES * 8 / fetch() / 1e6;
        double perGib = (cpuSeconds(dataplane) - before) * (1 << 30) / DOWNLOAD_BYTES;
        figures.put("mbit_s", mbits);
        figures.put("cpu_s_per_gib", perGib);
        return "300 MB at %.0f Mbit/s, %.1f CPU seconds of the data plane a GiB"
                .formatted(mbits, perGib);
    }

    /// Returns the seconds that the download took.
    private double fetch() {
        var url = DemoCluster.WEB + "bytes/" + DOWNLOAD_BYTES;
        var format = "%{size_download} %{time_total}";
        var answer =
                cluster.client()
                        .exec(
                                "application",
                                "curl",
                                "-sS",
                                "-m50",
                                "-o/dev/null",
                                "-w",
                                format,
                                url);
        require(answer.isOk(), "GET " + url + ": " + answer.err());
        String[] parts = answer.out().split(" ");
        require(parts[0].equals(Long.toString(DOWNLOAD_BYTES)), "got " + parts[0] + " bytes");
        return Double.parseDouble(parts[1]);
    }

    private static double cpuSeconds(RunningContainer container) {
        try {
            var stat = Files.readString(Path.of("/proc/" + container.pid() + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A container that comes back is the same gateway, and clients hardly notice.
    private String killed(String name, long outageMsMax, Map<String, Object> figures) {
        access(figures);
        var pod =
                cluster.gatewayInUse()
                        .orElseThrow(() -> new IllegalStateException("no gateway in use"));
        var before = cluster.gatewaysAtPortal();
        var id = variable(pod.container("controlplane"), "FIREZONE_ID");
        require(id.equals(pod.uid()), "the id is not the pod's: " + id);
        var attempts = new Attempts(cluster.client(), DemoCluster.WEB);
        pod.container(name).signal("KILL");
        Wait.until(name + " is restarted", BACK_LIMIT, () -> pod.container(name).restarts() == 1);
        Wait.until(
                "the pod is ready again",
                BACK_LIMIT,
                () -> pod.isReady() && cluster.connectedGateways().contains(pod.name()));
        var outcome = outcome(attempts, figures);
        require(
                variable(pod.container("controlplane"), "FIREZONE_ID").equals(id),
                "the restarted control plane has another id");
        require(
                cluster.gatewaysAtPortal().equals(before),
                "the portal sees other gateways: " + cluster.gatewaysAtPortal());
        requireOutage(outcome, outageMsMax);
        return "the pod is the same gateway; %d connections, at most %d ms from one to the next"
                .formatted(outcome.made(), outcome.longestMs());
    }

    private static void requireOutage(Attempts.Outcome outcome, long msMax) {
        require(
                outcome.longestMs() <= msMax,
                "no connection for %d ms: %s".formatted(outcome.longestMs(), outcome.error()));
    }

    private static String variable(RunningContainer container, String name) {
        try {
            var text = Files.readString(Path.of("/proc/" + container.pid() + "/environ"));
            for (String one : text.split("\0")) {
                if (one.startsWith(name + "=")) {
                    return one.substring(name.length() + 1);
                }
            }
            throw new IllegalStateException("no variable " + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Attempts.Outcome outcome(Attempts attempts, Map<String, Object> figures) {
        try {
            var outcome = attempts.end();
            figures.put("connections", outcome.made());
            figures.put("failed", outcome.failed());
            figures.put("longest_ms", outcome.longestMs());
            return outcome;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private String rollingUpdate(Map<String, Object> figures) {
        cluster.gateways().scaleUpTo(REPLICAS);
        Wait.until("three gateways are ready", UP_LIMIT, cluster.gateways()::isReady);
        access(figures);
        var old = cluster.gateways().pods().stream().map(Pod::name).toList();
        var attempts = new Attempts(cluster.client(), DemoCluster.WEB);
        var codes = cluster.gateways().replaceAll();
        var outcome = outcome(attempts, figures);
        require(
                codes.size() == 2 * REPLICAS && codes.values().stream().allMatch(c -> c == 0),
                "containers did not end by themselves: " + codes);
        require(
                cluster.connectedGateways().stream().noneMatch(old::contains),
                "the portal still has old gateways");
        require(cluster.connectedGateways().size() == REPLICAS, "the portal misses new gateways");
        require(
                cluster.gatewayInUse().filter(pod -> !old.contains(pod.name())).isPresent(),
                "the client is on none of the new gateways");
        requireOutage(outcome, OUTAGE_MS_MAX);
        return "%d gateways replaced one by one; %d connections, at most %d ms from one to the next"
                .formatted(REPLICAS, outcome.made(), outcome.longestMs());
    }

    /// Without the sysctl the data plane tells once and serves IPv4; the overlay sets it.
    private String ipv6Forwarding(Map<String, Object> figures) {
        var told = notForwarded(cluster.gateways().pods().getFirst());
        require(
                told.size() == 1 && told.getFirst().contains("net.ipv6.conf.all.forwarding=1"),
                "it says: " + told);
        var wanted = Manifests.of("gateway-ipv6").workload("gatehouse-gateway").pod();
        var source = cluster.source("gatehouse-gateway");
        var template = new PodTemplateSpecBuilder(source.template()).build();
        template.getSpec()
                .getSecurityContext()
                .setSysctls(wanted.getSecurityContext().getSysctls());
        var pod = Pod.start(cluster.node(), source.withTemplate(template));
        Wait.until("the gateway with IPv6 is ready", UP_LIMIT, pod::isReady);
        var silent = notForwarded(pod);
        pod.terminate();
        require(silent.isEmpty(), "with the overlay it says: " + silent);
        return "one line without the sysctl, none with the overlay";
    }

    private static List<String> notForwarded(Pod gateway) {
        return gateway.container("dataplane")
                .logText()
                .lines()
                .filter(line -> line.contains("is not forwarded"))
                .toList();
    }

    /// Peak memory since the start stays below what the manifest allows.
    private String memory(Map<String, Object> figures) {
        var told = new TreeSet<String>();
        for (Pod pod : cluster.pods()) {
            for (var container : pod.containers()) {
                if (Images.of(container.spec()).isEmpty()) {
                    continue;
                }
                var limit = container.spec().getResources().getLimits().get("memory");
                long limitMib = Quantity.getAmountInBytes(limit).longValueExact() >> 20;
                long peakMib = Long.parseLong(container.status("VmHWM").split(" ")[0]) >> 10;
                figures.put(pod + "/" + container.name() + "_mib", peakMib);
                require(
                        peakMib < limitMib,
                        "%s/%s: %d of %d MiB".formatted(pod, container.name(), peakMib, limitMib));
                told.add("%s %d of %d MiB".formatted(container.name(), peakMib, limitMib));
            }
        }
        return String.join(", ", told);
    }

    /// The resolv.conf that the application mounts is as before when the client has ended.
    private String clientEnds(Map<String, Object> figures) {
        var file = cluster.client().volume("gatehouse").resolve("resolv.conf");
        try {
            require(Files.readString(file).contains("Firezone"), "the client did not write it");
            var sidecar = cluster.client().container("gatehouse-client");
            sidecar.signal("TERM");
            Wait.until(
                    "resolv.conf is restored",
                    BACK_LIMIT,
                    () -> sidecar.restarts() == 1 || !isOurs(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "the application's resolv.conf is the cluster's again";
    }

    private static boolean isOurs(Path file) {
        try {
            return Files.readString(file).contains("Firezone");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// As a runtime would: the program is not even started.
    private String noCapability(Map<String, Object> figures) {
        var lines =
                fails(
                        template -> {
                            dataplane(template)
                                    .getSecurityContext()
                                    .getCapabilities()
                                    .setAdd(new ArrayList<>());
                            return template;
                        });
        require(lines.contains("Operation not permitted"), "it says: " + lines);
        return "without NET_ADMIN the data plane cannot be started: " + lines;
    }

    private String closedDevice(Map<String, Object> figures) {
        cluster.node().closeTun(true);
        var lines = fails(UnaryOperator.identity());
        require(
                lines.startsWith("gatehouse dataplane: ") && lines.contains("/dev/net/tun"),
                "it says: " + lines);
        require(lines.lines().count() == 1, "more than one line: " + lines);
        return lines;
    }

    private static Container dataplane(PodTemplateSpec template) {
        return template.getSpec().getContainers().stream()
                .filter(one -> one.getName().equals("dataplane"))
                .findFirst()
                .orElseThrow();
    }

    /// Starts a gateway pod whose data plane cannot start, and returns what that says.
    private String fails(UnaryOperator<PodTemplateSpec> change) {
        var source = cluster.source("gatehouse-gateway");
        var template = change.apply(new PodTemplateSpecBuilder(source.template()).build());
        var pod = Pod.start(cluster.node(), source.withTemplate(template));
        var dataplane = pod.container("dataplane");
        Wait.until("it has ended", BACK_LIMIT, () -> dataplane.restarts() == 1);
        require(!dataplane.isReady(), "it is ready");
        var said = dataplane.logText().strip();
        pod.terminate();
        return said.lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                .distinct()
                .reduce((a, b) -> a + "\n" + b)
                .orElse("");
    }
}
