package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What makes gateways move their clients instead of losing them, in every overlay that has them.
class GatewayTest {
    /// Seconds within which each process ends by itself after SIGTERM.
    private static final int END_LIMIT_S = 8;

    static Stream<Manifests> overlays() {
        return Manifests.all()
                .filter(
                        overlay ->
                                overlay.workloads().stream()
                                        .anyMatch(one -> one.name().equals("gatehouse-gateway")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void rollsOneByOneWithoutALoss(Manifests overlay) {
        var deployment = (Deployment) gateway(overlay).owner();
        var rolling = deployment.getSpec().getStrategy().getRollingUpdate();

        assertThat(rolling.getMaxSurge().getIntVal()).isEqualTo(1);
        assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void thereIsTimeToSayGoodbye(Manifests overlay) {
        var gateway = gateway(overlay);
        var hook = gateway.container("dataplane").getLifecycle().getPreStop();

        assertThat(gateway.container("controlplane").getLifecycle()).isNull();
        assertThat(hook.getSleep().getSeconds()).isPositive();
        assertThat(gateway.pod().getTerminationGracePeriodSeconds())
                .isGreaterThanOrEqualTo(hook.getSleep().getSeconds() + END_LIMIT_S);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void eachPodIsAGatewayOfItsOwn(Manifests overlay) {
        var id =
                gateway(overlay).container("controlplane").getEnv().stream()
                        .filter(one -> one.getName().equals("FIREZONE_ID"))
                        .findFirst()
                        .orElseThrow();

        assertThat(id.getValueFrom().getFieldRef().getFieldPath()).isEqualTo("metadata.uid");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void oneAtATimeMayBeAway(Manifests overlay) {
        var budget =
                overlay.all(PodDisruptionBudget.class).stream()
                        .filter(one -> one.getMetadata().getName().equals("gatehouse-gateway"))
                        .findFirst()
                        .orElseThrow();

        assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isEqualTo(1);
        for (var scaler : overlay.all(HorizontalPodAutoscaler.class)) {
            assertThat(scaler.getSpec().getBehavior().getScaleDown().getPolicies())
                    .singleElement()
                    .satisfies(policy -> assertThat(policy.getValue()).isEqualTo(1));
        }
    }

    /// Whoever applies an autoscaled Deployment again would else take gateways away.
    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void thereAreTwoByTheAutoscalerAloneOrWithoutOne(Manifests overlay) {
        var scalers = overlay.all(HorizontalPodAutoscaler.class);
        var replicas = ((Deployment) gateway(overlay).owner()).getSpec().getReplicas();

        if (scalers.isEmpty()) {
            assertThat(replicas).isEqualTo(2);
        } else {
            assertThat(scalers.getFirst().getSpec().getMinReplicas()).isEqualTo(2);
            assertThat(replicas).isNull();
        }
    }

    /// Throttling a packet thread shows as latency; memory without a limit takes a node down.
    @Test
    void containersHaveAMemoryLimitAndNoCpuLimit() {
        Manifests.all()
                .flatMap(overlay -> overlay.workloads().stream())
                .flatMap(workload -> workload.containers().stream())
                .map(Container::getResources)
                .forEach(resources -> assertThat(resources.getLimits()).containsOnlyKeys("memory"));
    }

    private static Workload gateway(Manifests overlay) {
        return overlay.workload("gatehouse-gateway");
    }
}
