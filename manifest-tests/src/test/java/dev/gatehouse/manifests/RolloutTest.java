package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.manifests.sources.Images;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What is changed arrives: no rollout waits for a pod that cannot come, no setting waits for
/// somebody to restart pods, no node waits for a budget.
class RolloutTest {
    private static final Pattern HASHED = Pattern.compile(".*-[a-z0-9]{10}");

    /// Longer than any start seen on a loaded machine.
    private static final int START_BUDGET_S_MIN = 120;

    /// Read again by the portal when it changes.
    private static final String WATCHED = "gatehouse-portal";

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void noRolloutWaitsForAPodThatCannotCome(Manifests overlay) {
        for (Workload workload : overlay.workloads()) {
            assertThat(obstacles(workload)).as(workload.name()).isEmpty();
        }
    }

    /// Why a rollout of it could stand still though every image and every setting is good.
    private static List<String> obstacles(Workload workload) {
        var found = new ArrayList<String>();
        switch (workload.owner()) {
            case Deployment one -> deployment(one, found);
            case DaemonSet one -> daemonSet(one, found);
            case StatefulSet one -> {
                if (!"Parallel".equals(one.getSpec().getPodManagementPolicy())) {
                    found.add("a pod that cannot start keeps a mended one away");
                }
            }
            default -> throw new AssertionError("unknown: " + workload.owner().getKind());
        }
        return found;
    }

    private static void deployment(Deployment one, List<String> found) {
        var pod = one.getSpec().getTemplate().getSpec();
        if (needsANodeOfItsOwn(pod)) {
            found.add("more replicas than nodes wait for ever: a DaemonSet has one a node");
        }
        var strategy = one.getSpec().getStrategy();
        if (strategy != null && strategy.getRollingUpdate() != null) {
            if (isZero(strategy.getRollingUpdate().getMaxSurge())) {
                found.add("a pod that waits for a node is the one that may be unavailable");
            }
        }
    }

    private static boolean needsANodeOfItsOwn(PodSpec pod) {
        boolean ports =
                pod.getContainers().stream()
                        .flatMap(container -> container.getPorts().stream())
                        .map(ContainerPort::getHostPort)
                        .anyMatch(Objects::nonNull);
        var anti = pod.getAffinity() == null ? null : pod.getAffinity().getPodAntiAffinity();
        boolean apart =
                anti != null && !anti.getRequiredDuringSchedulingIgnoredDuringExecution().isEmpty();
        return Boolean.TRUE.equals(pod.getHostNetwork()) || ports || apart;
    }

    private static void daemonSet(DaemonSet one, List<String> found) {
        var rolling = one.getSpec().getUpdateStrategy().getRollingUpdate();
        if (needsANodeOfItsOwn(one.getSpec().getTemplate().getSpec())
                && !isZero(rolling.getMaxSurge())) {
            found.add("two pods cannot share the ports of a node");
        }
        if (isZero(rolling.getMaxUnavailable())) {
            found.add("no pod may go");
        }
    }

    private static boolean isZero(IntOrString amount) {
        return amount == null || Integer.valueOf(0).equals(amount.getIntVal());
    }

    static Stream<Arguments> hindrances() {
        return Stream.of(
                hindrance("one a node", one -> pod(one).setHostNetwork(true)),
                hindrance(
                        "one a node",
                        one ->
                                pod(one).getContainers()
                                        .getFirst()
                                        .getPorts()
                                        .getFirst()
                                        .setHostPort(8080)),
                hindrance(
                        "may be unavailable",
                        one ->
                                one.getSpec()
                                        .getStrategy()
                                        .getRollingUpdate()
                                        .setMaxSurge(new IntOrString(0))));
    }

    private static Arguments hindrance(String obstacle, Consumer<Deployment> change) {
        return Arguments.of(obstacle, change);
    }

    private static PodSpec pod(Deployment one) {
        return one.getSpec().getTemplate().getSpec();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hindrances")
    void whatHindersARolloutIsNoticed(String obstacle, Consumer<Deployment> change) {
        var gateway = Manifests.of("production").named(Deployment.class, "gatehouse-gateway");

        change.accept(gateway);

        var workload = new Workload(gateway, gateway.getSpec().getTemplate());
        assertThat(obstacles(workload)).singleElement().asString().contains(obstacle);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void changedSettingsRollThePods(Manifests overlay) {
        var maps = new TreeSet<String>();
        overlay.all(ConfigMap.class).forEach(one -> maps.add(one.getMetadata().getName()));
        maps.remove(WATCHED);

        assertThat(maps).isNotEmpty().allMatch(name -> HASHED.matcher(name).matches());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void noBudgetKeepsANodeFromBeingDrained(Manifests overlay) {
        for (PodDisruptionBudget budget : overlay.all(PodDisruptionBudget.class)) {
            var labels = budget.getSpec().getSelector().getMatchLabels();
            var owner = overlay.selected(budget.getMetadata().getNamespace(), labels).getFirst();

            // The controller cannot tell how many pods a DaemonSet wants; drains leave them alone.
            assertThat(owner.owner()).isInstanceOf(Deployment.class);
            assertThat(budget.getSpec().getMinAvailable()).isNull();
            assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isPositive();
            assertThat(budget.getSpec().getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void startsHaveTimeAndTellWhyTheyFailed(Manifests overlay) {
        ours(overlay)
                .forEach(
                        container -> {
                            assertThat(budgetSeconds(container.getStartupProbe()))
                                    .as(container.getName())
                                    .isGreaterThanOrEqualTo(START_BUDGET_S_MIN);
                            assertThat(container.getTerminationMessagePolicy())
                                    .as(container.getName())
                                    .isEqualTo("FallbackToLogsOnError");
                        });
    }

    private static Stream<Container> ours(Manifests overlay) {
        return overlay.workloads().stream()
                .flatMap(workload -> workload.containers().stream())
                .filter(container -> Images.of(container).isPresent());
    }

    private static int budgetSeconds(Probe probe) {
        return probe.getPeriodSeconds() * probe.getFailureThreshold();
    }

    /// A node has one relay, however many are labelled, and one by one they are replaced.
    @Test
    void relaysAreOneOnEachLabelledNode() {
        var relays = Manifests.of("production").named(DaemonSet.class, "gatehouse-relay");
        var pod = relays.getSpec().getTemplate().getSpec();

        assertThat(pod.getNodeSelector()).containsOnlyKeys("gatehouse.dev/relay");
        assertThat(relays.getSpec().getUpdateStrategy().getRollingUpdate().getMaxUnavailable())
                .isEqualTo(new IntOrString(1));
    }
}
