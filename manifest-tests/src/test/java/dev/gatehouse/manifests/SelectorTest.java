package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.manifests.sources.Processes;
import dev.gatehouse.testkit.manifests.AdapterRules;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What objects around the pods name exists: pods, ports, metrics.
class SelectorTest {
    private static final String PART_OF = "app.kubernetes.io/part-of";
    private static final int RELAY_PORTS = 64;

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void everythingIsInANamespaceAndPartOfGatehouse(Manifests overlay) {
        for (HasMetadata object : overlay.objects()) {
            if (!(object instanceof Namespace)) {
                assertThat(object.getMetadata().getNamespace())
                        .as("%s %s", object.getKind(), object.getMetadata().getName())
                        .startsWith("gatehouse-");
            }
        }
        for (Workload workload : overlay.workloads()) {
            if (workload.name().startsWith("gatehouse-")) {
                assertThat(workload.labels()).containsEntry(PART_OF, "gatehouse");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void servicesLeadToPortsOfPods(Manifests overlay) {
        for (Service service : overlay.all(Service.class)) {
            var pods = overlay.selected(namespace(service), service.getSpec().getSelector());
            assertThat(pods).as(service.getMetadata().getName()).hasSize(1);
            for (ServicePort port : service.getSpec().getPorts()) {
                var target = port.getTargetPort();
                if (target.getStrVal() != null) {
                    assertThat(pods.getFirst().port(target.getStrVal())).isPresent();
                } else {
                    assertThat(target.getIntVal()).isEqualTo(port.getPort());
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void selectorsOfWorkloadsBudgetsAndPoliciesMeetTheirPods(Manifests overlay) {
        overlay.all(Deployment.class)
                .forEach(one -> assertSelects(overlay, one, one.getSpec().getSelector()));
        overlay.all(DaemonSet.class)
                .forEach(one -> assertSelects(overlay, one, one.getSpec().getSelector()));
        overlay.all(PodDisruptionBudget.class)
                .forEach(one -> assertSelects(overlay, one, one.getSpec().getSelector()));
        overlay.all(NetworkPolicy.class)
                .forEach(one -> assertSelects(overlay, one, one.getSpec().getPodSelector()));
        for (Workload workload : overlay.workloads()) {
            spreadSelectors(workload).forEach(one -> assertSelects(overlay, workload.owner(), one));
        }
    }

    private static void assertSelects(
            Manifests overlay, HasMetadata owner, LabelSelector selector) {
        assertThat(overlay.selected(namespace(owner), selector.getMatchLabels()))
                .as("%s %s", owner.getKind(), owner.getMetadata().getName())
                .hasSize(1);
    }

    private static Stream<LabelSelector> spreadSelectors(Workload workload) {
        var spread =
                workload.pod().getTopologySpreadConstraints().stream()
                        .map(one -> one.getLabelSelector());
        var affinity = workload.pod().getAffinity();
        if (affinity == null) {
            return spread;
        }
        var anti = affinity.getPodAntiAffinity();
        return Stream.of(
                        spread,
                        anti.getPreferredDuringSchedulingIgnoredDuringExecution().stream()
                                .map(one -> one.getPodAffinityTerm().getLabelSelector()),
                        anti.getRequiredDuringSchedulingIgnoredDuringExecution().stream()
                                .map(one -> one.getLabelSelector()))
                .flatMap(one -> one);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void serviceAccountsExistAndHaveNoToken(Manifests overlay) {
        var accounts =
                overlay.all(ServiceAccount.class).stream()
                        .peek(one -> assertThat(one.getAutomountServiceAccountToken()).isFalse())
                        .map(one -> one.getMetadata().getName())
                        .toList();
        for (Workload workload : overlay.workloads()) {
            var account = workload.pod().getServiceAccountName();
            if (account != null) {
                assertThat(accounts).contains(account);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void autoscalersLookAtContainersAndMetricsThatExist(Manifests overlay) {
        for (var scaler : overlay.all(HorizontalPodAutoscaler.class)) {
            var target = overlay.workload(scaler.getSpec().getScaleTargetRef().getName());
            for (var metric : scaler.getSpec().getMetrics()) {
                switch (metric.getType()) {
                    case "ContainerResource" -> {
                        var container =
                                target.container(metric.getContainerResource().getContainer());
                        assertThat(container.getResources().getRequests())
                                .containsKey(metric.getContainerResource().getName());
                    }
                    case "Pods" ->
                            assertThat(AdapterRules.series())
                                    .containsKey(metric.getPods().getMetric().getName());
                    default -> throw new AssertionError("a metric of type " + metric.getType());
                }
            }
        }
    }

    /// Micrometer writes dots as underscores, and `_total` behind a counter.
    @Test
    void saturationComesFromACounterOfTheDataPlane() {
        for (String series : AdapterRules.series().values()) {
            var meter = series.replaceFirst("_total$", "").replace('_', '.');
            assertThat(Processes.literals("dataplane")).contains(meter);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void monitorsFindServicesAndPorts(Manifests overlay) {
        for (var monitor : overlay.all(ServiceMonitor.class)) {
            var wanted = monitor.getSpec().getSelector().getMatchLabels();
            var services =
                    overlay.all(Service.class).stream()
                            .filter(
                                    one ->
                                            one.getMetadata()
                                                    .getLabels()
                                                    .entrySet()
                                                    .containsAll(wanted.entrySet()))
                            .toList();
            assertThat(services).hasSize(1);
            var ports =
                    services.getFirst().getSpec().getPorts().stream()
                            .map(ServicePort::getName)
                            .toList();
            for (var endpoint : monitor.getSpec().getEndpoints()) {
                assertThat(ports).contains(endpoint.getPort());
                assertThat(endpoint.getPath()).isEqualTo("/metrics");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void ingressesLeadToServices(Manifests overlay) {
        var backends =
                overlay.all(Ingress.class).stream()
                        .flatMap(ingress -> ingress.getSpec().getRules().stream())
                        .flatMap(rule -> rule.getHttp().getPaths().stream())
                        .map(path -> path.getBackend().getService())
                        .toList();
        for (var backend : backends) {
            var service = overlay.named(Service.class, backend.getName());
            assertThat(service.getSpec().getPorts().stream().map(ServicePort::getName))
                    .contains(backend.getPort().getName());
        }
    }

    @Test
    void theBalancedRelayListsEveryPortOfItsRange() {
        var overlay = Manifests.of("relay-load-balancer");
        var relay = overlay.workload("gatehouse-relay-balanced");
        var settings =
                overlay.all(io.fabric8.kubernetes.api.model.ConfigMap.class).getFirst().getData();
        int lowest = Integer.parseInt(settings.get("LOWEST_PORT"));
        int highest = Integer.parseInt(settings.get("HIGHEST_PORT"));
        var service = overlay.all(Service.class).getFirst().getSpec();

        assertThat(highest - lowest + 1).isEqualTo(RELAY_PORTS);
        assertThat(service.getType()).isEqualTo("LoadBalancer");
        assertThat(service.getExternalTrafficPolicy()).isEqualTo("Local");
        assertThat(service.getPorts()).allMatch(port -> "UDP".equals(port.getProtocol()));
        assertThat(service.getPorts().stream().map(ServicePort::getPort))
                .containsExactlyElementsOf(
                        IntStream.concat(IntStream.of(3478), IntStream.rangeClosed(lowest, highest))
                                .boxed()
                                .toList());
        assertThat(((Deployment) relay.owner()).getSpec().getReplicas()).isEqualTo(1);
        assertThat(overlay.all(PodDisruptionBudget.class)).isEmpty();
        assertThat(PodSecurity.violations(relay)).isEqualTo(List.of());
    }

    private static String namespace(HasMetadata object) {
        return object.getMetadata().getNamespace();
    }
}
