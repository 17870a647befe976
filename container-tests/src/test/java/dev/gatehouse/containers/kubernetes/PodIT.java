package dev.gatehouse.containers.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.LogsOfFailures;
import dev.gatehouse.containers.kubernetes.EnginePod.EngineProcess;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.testkit.kubelet.Pod;
import dev.gatehouse.testkit.kubelet.PodContainer;
import dev.gatehouse.testkit.manifests.AdapterRules;
import dev.gatehouse.testkit.manifests.Manifests;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Sysctl;
import java.io.RandomAccessFile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/// The pods of `k8s/rendered/demo.yaml`, run as their manifests say: what each container may do,
/// and what clients notice when one ends.
///
/// The tests with an order come first or last; slow ends run beside the tests between.
@TestMethodOrder(OrderAnnotation.class)
class PodIT {
    private static final int REPLICAS = 3;
    private static final long OUTAGE_MS_MAX = 3_000;
    private static final long START_MS_MAX = 10_000; // a JVM on a loaded machine
    private static final long DOWNLOAD_BYTES = 200_000_000;
    private static final double TICKS_PER_SECOND = 100; // of /proc/PID/stat
    private static final int SHORT_START_S = 40;
    private static final int WEB_PORT = 8080;
    private static final Duration PAGE_LIMIT = Duration.ofSeconds(10);
    private static final String IPV6_FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding";
    private static final Sysctl NO_FORWARDING = new Sysctl("net.ipv4.ip_forward", "0");
    private static final String NET_ADMIN = "0000000000001000";
    private static final String NOTHING = "0000000000000000";

    private static DemoCluster cluster;

    /// A portal that nobody uses, and whose process stands still.
    private static Pod frozen;

    /// A gateway whose portal is nowhere.
    private static Pod lonely;

    private static long lonelySinceNs;
    private static String firstPage;

    @RegisterExtension private final TestWatcher watcher = new LogsOfFailures(() -> cluster.logs());

    @BeforeAll
    static void start() throws Exception {
        cluster = new DemoCluster();
        cluster.start();
        firstPage = commandsOfTheReadme();
        var alone = cluster.source("gatehouse-gateway").with(PodIT::nameAPortalThatIsNowhere);
        lonelySinceNs = System.nanoTime();
        lonely = Pod.start(cluster.runtime(), alone);
        var unused = cluster.source("gatehouse-portal").with(PodIT::hideFromServices);
        frozen = Pod.start(cluster.runtime(), unused);
        Eventually.holds("all pods are ready", Eventually.LONG, cluster::isUp);
        Eventually.holds("so is the unused one", Eventually.LONG, frozen::isReady);
        frozen.container("portal").process().signal("STOP");
    }

    /// What the last command but one, which deletes all, prints.
    private static String commandsOfTheReadme() {
        var commands = Kubectl.commandsOfTheReadme();
        assertThat(commands.getFirst()).isEqualTo(Kubectl.APPLY); // as the cluster has been made
        assertThat(commands.getLast()).isEqualTo(Kubectl.DELETE);
        var kubectl = new Kubectl(cluster);
        return commands.subList(1, commands.size() - 1).stream()
                .map(kubectl::run)
                .reduce("", String::concat);
    }

    private static void nameAPortalThatIsNowhere(PodTemplateSpec template) {
        hideFromServices(template);
        for (var container : template.getSpec().getContainers()) {
            container.getEnv().removeIf(one -> one.getName().equals("FIREZONE_API_URL"));
            container.getEnv().add(new EnvVar("FIREZONE_API_URL", "ws://127.0.0.1:9", null));
            container.getStartupProbe().setFailureThreshold(SHORT_START_S);
        }
    }

    private static void hideFromServices(PodTemplateSpec template) {
        template.getMetadata().setLabels(Map.of());
    }

    @AfterAll
    static void end() throws Exception {
        for (Pod pod : new Pod[] {frozen, lonely}) {
            if (pod != null) {
                pod.abandon();
            }
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    /// What somebody sees who copies them one after the other, without trying twice.
    @Test
    @Order(1)
    void theCommandsOfTheReadmeShowThePage() {
        assertThat(firstPage.strip()).isEqualTo(DemoCluster.PAGE);
    }

    /// Nothing enforces NetworkPolicies here: the server itself looks at who asks.
    @Test
    void whoDoesNotComeThroughAGatewayIsRefused() {
        var web = DemoCluster.sandbox(cluster.web());

        assertThat(web.status(WEB_PORT, "/", PAGE_LIMIT)).isEqualTo(403);
        assertThat(web.status(WEB_PORT, "/alive", PAGE_LIMIT)).isEqualTo(200);
    }

    @Test
    @Order(1)
    void podsPassTheirProbesWithoutARestart() {
        assertThat(cluster.pods()).hasSize(6);
        assertThat(containers()).allMatch(PodContainer::isReady);
        assertThat(containers()).allMatch(container -> container.restarts() == 0);
    }

    @Test
    void usersAndCapabilitiesAreThoseOfTheManifest() {
        boolean keeps = cluster.runtime().keepsFileCapabilities();
        for (PodContainer container : containers()) {
            var process = DemoCluster.process(container);
            boolean adds = container.spec().addedCapabilities().equals(List.of("NET_ADMIN"));
            var expected = adds ? NET_ADMIN : NOTHING;
            for (String set : List.of("CapPrm", "CapEff", "CapBnd")) {
                assertThat(process.status(set)).as(container.name() + set).isEqualTo(expected);
            }
            for (String set : List.of("CapInh", "CapAmb")) {
                assertThat(process.status(set)).as(container.name() + set).isEqualTo(NOTHING);
            }
            assertThat(process.status("NoNewPrivs"))
                    .as(container.name())
                    .isEqualTo(adds && !keeps ? "0" : "1");
            assertThat(process.status("Uid") + "\t" + process.status("Gid"))
                    .matches("(65532\t){7}65532");
            assertThat(process.status("Groups")).isIn("", "65532");
        }
        assertThat(status(gateway(), "dataplane", "CapEff")).isEqualTo(NET_ADMIN);
        assertThat(status(gateway(), "controlplane", "CapEff")).isEqualTo(NOTHING);
    }

    @Test
    void theSeccompProfileOfTheRuntimeFiltersAllOfThem() {
        for (PodContainer container : containers()) {
            assertThat(DemoCluster.process(container).status("Seccomp"))
                    .as(container.name())
                    .isEqualTo("2");
        }
    }

    @Test
    void theKernelHoldsTheMemoryLimits() {
        for (PodContainer container : containers()) {
            var limit =
                    DemoCluster.process(container).memory("memory.max", "memory.limit_in_bytes");

            assertThat(Long.parseLong(limit))
                    .as(container.name())
                    .isEqualTo(container.spec().memoryMax().orElseThrow());
        }
    }

    /// Root of the node tries: the file system refuses, not a permission.
    @Test
    void nothingButVolumesCanBeWritten() {
        for (PodContainer container : containers()) {
            var process = DemoCluster.process(container);
            var files =
                    Stream.of("x", "tmp/x", "var/lib/x", "etc/x")
                            .map(file -> process.proc("root/" + file))
                            .toList();
            var tried =
                    cluster.runtime()
                            .node()
                            .run(Stream.concat(Stream.of("touch"), files.stream()).toList());

            assertThat(tried.getStderr().lines())
                    .as(container.name())
                    .hasSize(files.size())
                    .allMatch(line -> line.endsWith("Read-only file system"));
        }
    }

    @Test
    void theContainersOfAGatewayShareTheSocketAndNothingElse() {
        assertThat(found(gateway(), "controlplane", "run/gatehouse/rpc/dataplane.sock")).isTrue();
        assertThat(found(gateway(), "dataplane", "run/gatehouse/rpc/dataplane.sock")).isTrue();
        assertThat(found(gateway(), "dataplane", "dev/net/tun")).isTrue();
        assertThat(found(gateway(), "controlplane", "dev/net/tun")).isFalse();
        assertThat(found(gateway(), "controlplane", "run/secrets/gatehouse/token")).isTrue();
        assertThat(found(gateway(), "dataplane", "run/secrets/gatehouse/token")).isFalse();
    }

    private static boolean found(Pod pod, String container, String path) {
        var file = DemoCluster.process(pod, container).proc("root/" + path);
        return cluster.runtime().node().run(List.of("test", "-e", file)).getExitCode() == 0;
    }

    @Test
    void whatAutoscalerAndMonitorAskForIsServed() {
        var sandbox = DemoCluster.sandbox(gateway());
        var dataplane = sandbox.page(8081, "/metrics");

        assertThat(AdapterRules.series().values())
                .isNotEmpty()
                .allMatch(series -> dataplane.lines().anyMatch(line -> line.startsWith(series)));
        assertThat(sandbox.page(8080, "/metrics")).contains("gatehouse_ready 1");
    }

    @Test
    void theApplicationGetsThePageThroughAGateway() {
        var lookup = cluster.application().exec("nslookup", "web.gatehouse-demo.svc.cluster.local");

        assertThat(lookup.getStdout()).contains("Address: 100.96.");
        assertThat(cluster.page().getStdout().strip()).isEqualTo(DemoCluster.PAGE);
        assertThat(cluster.gatewayInUse()).isPresent();
    }

    /// The figures of k8s/README.md.
    @Test
    void aDownloadStaysWithinTheLimits() throws Exception {
        cluster.page();
        var inUse = cluster.gatewayInUse().orElseThrow();
        var dataplane = DemoCluster.process(inUse, "dataplane");
        var file = DemoCluster.sandbox(cluster.web()).volumes().files("www").resolve("zeros");
        try (var zeros = new RandomAccessFile(file.toFile(), "rw")) {
            zeros.setLength(DOWNLOAD_BYTES);
        }
        fetch("zeros");
        fetch("zeros"); // by then the code that matters is compiled
        double before = cpuSeconds(dataplane);
        long startedNs = System.nanoTime();
        fetch("zeros");
        double seconds = (System.nanoTime() - startedNs) / 1e9;

        System.out.printf(
                "%.0f Mbit/s, %.1f CPU seconds of the data plane a GiB%n",
                DOWNLOAD_BYTES * 8 / 1e6 / seconds,
                (cpuSeconds(dataplane) - before) * (1 << 30) / DOWNLOAD_BYTES);
        for (PodContainer container : containers()) {
            var process = DemoCluster.process(container);
            var peak = process.memory("memory.peak", "memory.max_usage_in_bytes");
            System.out.printf(
                    "%s: at most %s bytes with caches, %s resident%n",
                    container.name(), peak, process.status("VmHWM"));
            assertThat(container.restarts()).as(container.name() + " was killed").isZero();
        }
    }

    private static void fetch(String file) {
        var got =
                cluster.application().exec("wget", "-q", "-O", "/dev/null", DemoCluster.WEB + file);
        assertThat(got.getExitCode()).as(got.getStderr()).isZero();
    }

    private static double cpuSeconds(EngineProcess process) {
        var stat = cluster.runtime().node().file(process.proc("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    @Test
    @Order(Integer.MAX_VALUE - 6)
    void aControlPlaneThatIsKilledIsTheSameGatewayAgain() throws Exception {
        isTheSameAfterAKill("controlplane", OUTAGE_MS_MAX);
    }

    @Test
    @Order(Integer.MAX_VALUE - 5)
    void aDataPlaneThatIsKilledIsTheSameGatewayAgain() throws Exception {
        isTheSameAfterAKill("dataplane", START_MS_MAX);
    }

    private static void isTheSameAfterAKill(String name, long outageMsMax) throws Exception {
        cluster.page();
        var pod = cluster.gatewayInUse().orElseThrow();
        var gateways = cluster.gatewaysAtPortal();
        int restarts = pod.container(name).restarts();
        var attempts = cluster.attempts();

        pod.container(name).process().signal("KILL");

        Eventually.holds(
                name + " is restarted",
                Eventually.LONG,
                () -> pod.container(name).restarts() == restarts + 1);
        Eventually.holds(
                "the pod is ready again",
                Eventually.LONG,
                () -> pod.isReady() && cluster.connectedGateways().contains(pod.name()));
        var outcome = attempts.end(cluster.runtime().node());
        System.out.printf("%s killed: %s%n", name, outcome);
        assertThat(DemoCluster.process(pod, "controlplane").variable("FIREZONE_ID"))
                .isEqualTo(pod.uid());
        assertThat(cluster.gatewaysAtPortal()).isEqualTo(gateways);
        assertThat(outcome.longestMs()).isLessThan(Eventually.patientMs(outageMsMax));
    }

    @Test
    @Order(Integer.MAX_VALUE - 4)
    void threeGatewaysReplacedOneByOneKeepClientsServed() throws Exception {
        cluster.gateways().scaleUpTo(REPLICAS);
        Eventually.holds("three are ready", Eventually.LONG, cluster.gateways()::isReady);
        cluster.page();
        var old = cluster.gateways().pods().stream().map(Pod::name).toList();
        var attempts = cluster.attempts();

        var codes = cluster.gateways().replaceAll();

        var outcome = attempts.end(cluster.runtime().node());
        System.out.printf("%d gateways replaced: %s%n", REPLICAS, outcome);
        assertThat(codes).hasSize(2 * REPLICAS).allSatisfy((_, code) -> assertThat(code).isZero());
        assertThat(cluster.connectedGateways()).hasSize(REPLICAS).doesNotContainAnyElementsOf(old);
        Eventually.holds(
                "the client is on one of them",
                Eventually.LONG,
                () -> cluster.gatewayInUse().isPresent());
        assertThat(outcome.longestMs()).isLessThan(Eventually.patientMs(OUTAGE_MS_MAX));
    }

    /// The overlay sets the sysctl; a pod in a network without IPv6 is not told that it lacks it.
    @Test
    @Order(Integer.MAX_VALUE - 3)
    void ipv6IsForwardedWhereThePodAsksForIt() {
        var wanted = Manifests.of("gateway-ipv6").workload("gatehouse-gateway").pod();
        var source =
                cluster.source("gatehouse-gateway")
                        .with(
                                template ->
                                        template.getSpec()
                                                .getSecurityContext()
                                                .setSysctls(
                                                        wanted.getSecurityContext().getSysctls()));
        var pod = Pod.start(cluster.runtime(), source);
        Eventually.holds("it is ready", Eventually.LONG, pod::isReady);
        var forwarded = ipv6Forwarding(pod);
        var told = notForwarded(pod);
        pod.abandon();

        assertThat(forwarded).isEqualTo("1");
        assertThat(ipv6Forwarding(gateway())).isEqualTo("0");
        assertThat(told).isEmpty();
        assertThat(notForwarded(gateway())).isEmpty();
    }

    private static String ipv6Forwarding(Pod pod) {
        var network = DemoCluster.process(pod, "dataplane").proc("ns/net");
        return cluster.runtime()
                .node()
                .run(List.of("nsenter", "--net=" + network, "cat", IPV6_FORWARDING))
                .getStdout()
                .strip();
    }

    private static List<String> notForwarded(Pod gateway) {
        return gateway.container("dataplane")
                .log()
                .lines()
                .filter(line -> line.contains("is not forwarded"))
                .toList();
    }

    /// The resolv.conf that the application mounts is the cluster's again when the client has
    /// ended.
    @Test
    @Order(Integer.MAX_VALUE - 2)
    void aClientThatEndsGivesTheApplicationItsResolverBack() {
        assertThat(resolver()).contains("nameserver 100.100.111.1");
        var sidecar = cluster.client().container("gatehouse-client");

        sidecar.process().signal("TERM");

        Eventually.holds(
                "resolv.conf is restored",
                Duration.ofSeconds(60),
                () -> resolver().contains("nameserver 127.0.0.11"));
    }

    private static String resolver() {
        return cluster.runtime().node().file(cluster.application().proc("root/etc/resolv.conf"));
    }

    /// For the reason that the process tells, and the kubelet's events do not.
    @Test
    @Order(Integer.MAX_VALUE - 2)
    void aGatewayThatCanForwardNothingIsNotReadyAndSaysWhy() {
        var source =
                cluster.source("gatehouse-gateway")
                        .with(
                                template ->
                                        template.getSpec()
                                                .getSecurityContext()
                                                .setSysctls(List.of(NO_FORWARDING)));
        var pod = Pod.start(cluster.runtime(), source);
        Eventually.holds("both say why", Eventually.LONG, () -> isStartedAndNamesForwarding(pod));
        var told = DemoCluster.sandbox(pod).page(8080, "/readyz");
        boolean ready = pod.isReady();
        int restarts = pod.containers().stream().mapToInt(PodContainer::restarts).sum();
        pod.abandon();

        assertThat(told).startsWith("not ready: ").contains("forward");
        assertThat(ready).isFalse();
        assertThat(restarts).isZero();
    }

    private static boolean isStartedAndNamesForwarding(Pod pod) {
        var sandbox = DemoCluster.sandbox(pod);
        return pod.containers().stream().allMatch(PodContainer::isStarted)
                && sandbox.page(8080, "/readyz").contains("forward")
                && sandbox.page(8081, "/readyz").contains("forward");
    }

    /// For longer than a start may take: what is away is waited for, no restart brings it back.
    @Test
    @Order(Integer.MAX_VALUE)
    void aPortalThatIsAwayRestartsNothing() {
        Eventually.holds(
                "a start would have taken too long",
                Eventually.LONG,
                () -> System.nanoTime() - lonelySinceNs > SHORT_START_S * 1_500_000_000L);

        assertThat(lonely.containers())
                .hasSize(2)
                .allMatch(PodContainer::isStarted)
                .allMatch(container -> container.restarts() == 0);
        assertThat(lonely.isReady()).isFalse();
        assertThat(DemoCluster.sandbox(lonely).page(8080, "/readyz"))
                .isEqualTo("not ready: not joined to the portal\n");
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aDataPlaneWithoutCapabilityOrDeviceSaysSoAndIsTriedAgain() throws Exception {
        var incapable =
                CompletableFuture.supplyAsync(
                        () -> complaints(cluster.source("gatehouse-gateway").with(PodIT::disable)));
        assertThat(incapable.join())
                .singleElement()
                .asString()
                .containsIgnoringCase("operation not permitted");

        cluster.runtime().closeTun(true);
        try {
            assertThat(complaints(cluster.source("gatehouse-gateway")))
                    .singleElement()
                    .asString()
                    .startsWith("gatehouse dataplane: ")
                    .contains("/dev/net/tun");
        } finally {
            cluster.runtime().closeTun(false);
        }
    }

    private static void disable(PodTemplateSpec template) {
        template.getSpec().getContainers().stream()
                .filter(one -> one.getName().equals("dataplane"))
                .forEach(one -> one.getSecurityContext().getCapabilities().setAdd(List.of()));
    }

    /// What a gateway pod says whose data plane cannot start.
    private static List<String> complaints(Pod.Source source) {
        var pod = Pod.start(cluster.runtime(), source);
        var dataplane = pod.container("dataplane");
        Eventually.holds("it was restarted", Eventually.LONG, () -> dataplane.restarts() == 1);
        assertThat(dataplane.isReady()).isFalse();
        var said = dataplane.log();
        pod.abandon();
        return said.lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                .filter(line -> !line.isBlank())
                .distinct()
                .toList();
    }

    /// By the liveness probe's period and threshold, and after the pod's time to end. The portal
    /// that nobody uses stands still since all began.
    @Test
    @Order(Integer.MAX_VALUE)
    void aContainerThatStandsStillIsRestarted() {
        var portal = frozen.container("portal");

        Eventually.holds("it was restarted", Eventually.LONG, () -> portal.restarts() == 1);
        Eventually.holds("it is ready", Eventually.LONG, portal::isReady);
    }

    private static Pod gateway() {
        return cluster.gateways().pods().getFirst();
    }

    private static String status(Pod pod, String container, String field) {
        return DemoCluster.process(pod, container).status(field);
    }

    private static List<PodContainer> containers() {
        return cluster.pods().stream().flatMap(pod -> pod.containers().stream()).toList();
    }
}
