package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.manifests.Traffic.Party;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The NetworkPolicies let through what pods serve and need, and nothing that they are there to
/// stop.
///
/// No engine enforces them: this is all that is known of them without a cluster.
class TrafficTest {
    private static final String SOMEBODY = "198.51.100.7";
    private static final Party INGRESS_CONTROLLER =
            new Party(
                    "ingress-nginx",
                    Map.of(
                            "app.kubernetes.io/name", "ingress-nginx",
                            "app.kubernetes.io/component", "controller"),
                    null);
    private static final Party PROMETHEUS =
            new Party("monitoring", Map.of("app.kubernetes.io/name", "prometheus"), null);
    private static final Party DNS = Party.podIn("kube-system");

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void whoeverMayAskAPodReachesEveryPortItServes(Manifests overlay) {
        var traffic = new Traffic(overlay);
        for (Workload workload : overlay.workloads()) {
            if (workload.name().equals("web") || isBehindAnIngress(overlay, workload)) {
                continue; // for gateways, for the ingress controller alone
            }
            workload.containers().stream()
                    .flatMap(container -> container.getPorts().stream())
                    .forEach(
                            port ->
                                    assertThat(enters(traffic, workload, port))
                                            .as("%s: %s", workload.name(), port.getName())
                                            .isTrue());
        }
    }

    private static boolean isBehindAnIngress(Manifests overlay, Workload workload) {
        return workload.name().equals("gatehouse-portal") && !overlay.all(Ingress.class).isEmpty();
    }

    /// Whose `X-Forwarded-For` is believed must be nobody who can be a client.
    @Test
    void theProductionPortalIsReachedThroughTheIngressControllerAlone() {
        var production = Manifests.of("production");
        var portal = Party.of(production.workload("gatehouse-portal"));
        var traffic = new Traffic(production);

        assertThat(traffic.passes(INGRESS_CONTROLLER, portal, "TCP", 8083)).isTrue();
        assertThat(traffic.passes(PROMETHEUS, portal, "TCP", 8083)).isTrue();
        assertThat(traffic.passes(INGRESS_CONTROLLER, portal, "TCP", 8084)).isFalse();
        var strangers =
                Stream.of(
                        Party.podIn("default"),
                        Party.podIn("ingress-nginx"),
                        new Party("default", INGRESS_CONTROLLER.labels(), null),
                        Party.of(production.workload("gatehouse-gateway")),
                        Party.outside(SOMEBODY),
                        Party.outside("10.1.2.3"));
        assertThat(strangers).allMatch(stranger -> !traffic.passes(stranger, portal, "TCP", 8083));
    }

    private static boolean enters(Traffic traffic, Workload workload, ContainerPort port) {
        var protocol = Objects.requireNonNullElse(port.getProtocol(), "TCP");
        return Stream.of(Party.outside(SOMEBODY), Party.podIn("monitoring"))
                .allMatch(
                        from ->
                                traffic.passes(
                                        from,
                                        Party.of(workload),
                                        protocol,
                                        port.getContainerPort()));
    }

    /// Portal, names, relays, clients that are reached directly, and the resources of the site.
    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void gatewaysReachWhatTheyNeed(Manifests overlay) {
        var traffic = new Traffic(overlay);
        workload(overlay, "gatehouse-gateway")
                .map(Party::of)
                .ifPresent(
                        gateway -> {
                            assertThat(traffic.passes(gateway, DNS, "UDP", 53)).isTrue();
                            assertThat(traffic.passes(gateway, DNS, "TCP", 53)).isTrue();
                            for (String host : new String[] {SOMEBODY, "2001:db8::7"}) {
                                var other = Party.outside(host);
                                assertThat(traffic.passes(gateway, other, "TCP", 443)).isTrue();
                                assertThat(traffic.passes(gateway, other, "UDP", 3478)).isTrue();
                                assertThat(traffic.passes(gateway, other, "UDP", 40000)).isTrue();
                            }
                        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void relaysReachPortalNamesAndPeers(Manifests overlay) {
        var traffic = new Traffic(overlay);
        Stream.of("gatehouse-relay", "gatehouse-relay-balanced")
                .flatMap(name -> workload(overlay, name).stream())
                .map(Party::of)
                .forEach(
                        relay -> {
                            assertThat(traffic.passes(relay, DNS, "UDP", 53)).isTrue();
                            var other = Party.outside(SOMEBODY);
                            assertThat(traffic.passes(relay, other, "TCP", 443)).isTrue();
                            assertThat(traffic.passes(relay, other, "UDP", 40000)).isTrue();
                        });
    }

    @ParameterizedTest
    @CsvSource({
        "gatehouse-gateway, gatehouse-portal, TCP, 8083",
        "gatehouse-relay, gatehouse-portal, TCP, 8083",
        "gatehouse-client, gatehouse-portal, TCP, 8083",
        "gatehouse-gateway, gatehouse-relay, UDP, 3478",
        "gatehouse-client, gatehouse-relay, UDP, 3478",
        "gatehouse-client, gatehouse-relay, UDP, 49152",
        "gatehouse-client, gatehouse-relay, UDP, 65535",
        "gatehouse-relay, gatehouse-gateway, UDP, 52625",
        "gatehouse-client, gatehouse-gateway, UDP, 52625",
        "gatehouse-gateway, web, TCP, 8080"
    })
    void theDemosPodsReachOneAnother(String from, String to, String protocol, int port) {
        assertThat(passesInTheDemo(from, to, protocol, port)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "gatehouse-client, web, TCP, 8080",
        "gatehouse-relay, web, TCP, 8080",
        "gatehouse-portal, web, TCP, 8080",
        "gatehouse-gateway, web, TCP, 8081",
        "gatehouse-client, gatehouse-portal, TCP, 8084",
        "gatehouse-portal, gatehouse-gateway, TCP, 8080",
        "web, gatehouse-portal, TCP, 8083",
        "gatehouse-client, gatehouse-gateway, TCP, 52625"
    })
    void theDemosPodsReachNothingElse(String from, String to, String protocol, int port) {
        assertThat(passesInTheDemo(from, to, protocol, port)).isFalse();
    }

    private static boolean passesInTheDemo(String from, String to, String protocol, int port) {
        var demo = Manifests.of("demo");
        return new Traffic(demo)
                .passes(Party.of(demo.workload(from)), Party.of(demo.workload(to)), protocol, port);
    }

    @Test
    void theDemosWebServerAsksForTheNamesOfGateways() {
        var demo = Manifests.of("demo");
        var web = Party.of(demo.workload("web"));

        assertThat(new Traffic(demo).passes(web, DNS, "UDP", 53)).isTrue();
        assertThat(new Traffic(demo).passes(web, Party.outside(SOMEBODY), "TCP", 443)).isFalse();
    }

    /// The addresses that hand out a cloud's credentials are nobody's resource.
    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void noGatewayOrBalancedRelayReachesACloudsMetadata(Manifests overlay) {
        var traffic = new Traffic(overlay);
        for (String name : new String[] {"gatehouse-gateway", "gatehouse-relay-balanced"}) {
            workload(overlay, name)
                    .filter(one -> !one.pod().getVolumes().isEmpty())
                    .filter(one -> hasPolicy(overlay, one))
                    .map(Party::of)
                    .ifPresent(
                            from -> {
                                for (String host :
                                        new String[] {"169.254.169.254", "fd00:ec2::254"}) {
                                    assertThat(traffic.passes(from, Party.outside(host), "TCP", 80))
                                            .as("%s to %s", name, host)
                                            .isFalse();
                                }
                            });
        }
    }

    private static boolean hasPolicy(Manifests overlay, Workload workload) {
        return overlay.all(NetworkPolicy.class).stream()
                .anyMatch(one -> one.getMetadata().getName().equals(workload.name()));
    }

    @Test
    void thePortalCallsNobody() {
        for (String name : new String[] {"demo", "production"}) {
            var overlay = Manifests.of(name);
            var portal = Party.of(overlay.workload("gatehouse-portal"));
            var traffic = new Traffic(overlay);

            assertThat(traffic.passes(portal, DNS, "UDP", 53)).isFalse();
            assertThat(traffic.passes(portal, Party.outside(SOMEBODY), "TCP", 443)).isFalse();
        }
    }

    private static Optional<Workload> workload(Manifests overlay, String name) {
        return overlay.workloads().stream().filter(one -> one.name().equals(name)).findFirst();
    }
}
