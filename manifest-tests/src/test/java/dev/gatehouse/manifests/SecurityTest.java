package dev.gatehouse.manifests;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.manifests.Checkout;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SecurityTest {
    private static final String ENFORCE = "pod-security.kubernetes.io/enforce";

    /// All that any pod asks for beyond `restricted`; each is justified in k8s/README.md.
    private static final List<String> EXCEPTIONS =
            List.of(
                    "gatehouse-client/gatehouse-client: capability NET_ADMIN",
                    "gatehouse-client: volume of the host /dev/net/tun",
                    "gatehouse-gateway/dataplane: capability NET_ADMIN",
                    "gatehouse-gateway: sysctl net.ipv6.conf.all.forwarding",
                    "gatehouse-gateway: volume of the host /dev/net/tun",
                    "gatehouse-relay/relay: host port 3478",
                    "gatehouse-relay/relay: host port 8080",
                    "gatehouse-relay: host network");

    @Test
    void podsAskForNothingButTheListedExceptions() {
        var found =
                Manifests.all()
                        .flatMap(overlay -> overlay.workloads().stream())
                        .flatMap(workload -> PodSecurity.violations(workload).stream())
                        .collect(toCollection(TreeSet::new));

        assertThat(found).containsExactlyElementsOf(new TreeSet<>(EXCEPTIONS));
    }

    @Test
    void everyExceptionIsJustifiedInTheReadme() {
        var readme = Checkout.read(Checkout.KUSTOMIZE.resolve("README.md"));

        assertThat(EXCEPTIONS)
                .allSatisfy(exception -> assertThat(readme).contains("| `" + exception + "` |"));
    }

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void namespacesAreAsStrictAsTheirPodsAllow(Manifests overlay) {
        for (var namespace : overlay.all(Namespace.class)) {
            var name = namespace.getMetadata().getName();
            boolean restricted =
                    overlay.workloads().stream()
                            .filter(workload -> workload.namespace().equals(name))
                            .allMatch(workload -> PodSecurity.violations(workload).isEmpty());

            assertThat(namespace.getMetadata().getLabels())
                    .as(name)
                    .containsEntry(ENFORCE, restricted ? "restricted" : "privileged");
        }
    }

    @Test
    void thePortalNeedsNoException() {
        var production = Manifests.of("production");

        assertThat(PodSecurity.violations(production.workload("gatehouse-portal"))).isEmpty();
        assertThat(production.all(Namespace.class))
                .filteredOn(one -> one.getMetadata().getName().equals("gatehouse-portal"))
                .singleElement()
                .satisfies(
                        one ->
                                assertThat(one.getMetadata().getLabels())
                                        .containsEntry(ENFORCE, "restricted"));
    }

    @Test
    void onlyTheDataPlaneOfAGatewayGetsTheDeviceAndTheCapability() {
        var gateway = Manifests.of("production").workload("gatehouse-gateway");
        var controlplane = gateway.container("controlplane");

        assertThat(controlplane.getSecurityContext().getCapabilities().getAdd()).isEmpty();
        assertThat(controlplane.getVolumeMounts())
                .noneMatch(mount -> mount.getMountPath().startsWith("/dev"));
        assertThat(gateway.container("dataplane").getVolumeMounts())
                .noneMatch(mount -> mount.getName().equals("token"));
    }

    static Stream<Arguments> weakenings() {
        return Stream.of(
                weakening("host network", pod -> pod.setHostNetwork(true)),
                weakening("host processes", pod -> pod.setHostPID(true)),
                weakening("token", pod -> pod.setAutomountServiceAccountToken(null)),
                weakening("may be root", pod -> pod.getSecurityContext().setRunAsNonRoot(null)),
                weakening("or root", pod -> pod.getSecurityContext().setRunAsUser(0L)),
                weakening("seccomp", pod -> pod.getSecurityContext().setSeccompProfile(null)),
                weakening("privileged", pod -> first(pod).setPrivileged(true)),
                weakening("escalation", pod -> first(pod).setAllowPrivilegeEscalation(null)),
                weakening("writable root", pod -> first(pod).setReadOnlyRootFilesystem(false)),
                weakening("keeps cap", pod -> first(pod).setCapabilities(null)),
                weakening(
                        "capability SYS_ADMIN",
                        pod -> first(pod).getCapabilities().setAdd(List.of("SYS_ADMIN"))),
                weakening(
                        "memory limit",
                        pod -> pod.getContainers().getFirst().getResources().setLimits(Map.of())),
                weakening(
                        "memory limit",
                        pod ->
                                pod.getContainers()
                                        .getFirst()
                                        .getResources()
                                        .setRequests(Map.of("cpu", new Quantity("1")))));
    }

    private static Arguments weakening(String violation, Consumer<PodSpec> change) {
        return Arguments.of(violation, change);
    }

    private static SecurityContext first(PodSpec pod) {
        return pod.getContainers().getFirst().getSecurityContext();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("weakenings")
    void weakenedPodsAreNoticed(String violation, Consumer<PodSpec> change) {
        var deployment =
                Manifests.of("demo").all(Deployment.class).stream()
                        .filter(one -> one.getMetadata().getName().equals("web"))
                        .findFirst()
                        .orElseThrow();
        var web = new Workload(deployment, deployment.getSpec().getTemplate());
        assertThat(PodSecurity.violations(web)).isEmpty();

        change.accept(web.pod());

        assertThat(PodSecurity.violations(web)).singleElement().asString().contains(violation);
    }
}
