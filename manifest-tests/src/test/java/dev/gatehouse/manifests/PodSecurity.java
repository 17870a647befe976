package dev.gatehouse.manifests;

import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The rules of the Pod Security Standard `restricted`, container by container, and ours above
/// them: a read-only root, no token of a service account, resources, no secret in a variable.
final class PodSecurity {
    private static final Set<String> SAFE_SYSCTLS =
            Set.of(
                    "kernel.shm_rmid_forced",
                    "net.ipv4.ip_local_port_range",
                    "net.ipv4.ip_local_reserved_ports",
                    "net.ipv4.ip_unprivileged_port_start",
                    "net.ipv4.ping_group_range",
                    "net.ipv4.tcp_fin_timeout",
                    "net.ipv4.tcp_keepalive_intvl",
                    "net.ipv4.tcp_keepalive_probes",
                    "net.ipv4.tcp_keepalive_time",
                    "net.ipv4.tcp_syncookies");
    private static final Set<String> SECCOMP = Set.of("RuntimeDefault", "Localhost");

    private final String pod;
    private final List<String> violations = new ArrayList<>();

    private PodSecurity(String pod) {
        this.pod = pod;
    }

    static List<String> violations(Workload workload) {
        var check = new PodSecurity(workload.name());
        check.pod(workload.pod());
        workload.containers().forEach(container -> check.container(workload.pod(), container));
        return List.copyOf(check.violations);
    }

    private void require(boolean condition, String where, String violation) {
        if (!condition) {
            violations.add(where + ": " + violation);
        }
    }

    private void pod(PodSpec spec) {
        require(!isTrue(spec.getHostNetwork()), pod, "host network");
        require(!isTrue(spec.getHostPID()), pod, "host processes");
        require(!isTrue(spec.getHostIPC()), pod, "host IPC");
        require(isFalse(spec.getAutomountServiceAccountToken()), pod, "service-account token");
        require(isFalse(spec.getEnableServiceLinks()), pod, "service links");
        spec.getVolumes().forEach(this::volume);
        var context = Optional.ofNullable(spec.getSecurityContext());
        context.stream()
                .flatMap(one -> one.getSysctls().stream())
                .filter(sysctl -> !SAFE_SYSCTLS.contains(sysctl.getName()))
                .forEach(sysctl -> violations.add(pod + ": sysctl " + sysctl.getName()));
        require(
                context.map(PodSecurityContext::getSeLinuxOptions).isEmpty(),
                pod,
                "SELinux options");
        require(
                context.map(PodSecurityContext::getWindowsOptions).isEmpty(),
                pod,
                "Windows options");
    }

    private void volume(Volume volume) {
        boolean restricted =
                Stream.of(
                                volume.getConfigMap(),
                                volume.getSecret(),
                                volume.getEmptyDir(),
                                volume.getProjected(),
                                volume.getDownwardAPI(),
                                volume.getPersistentVolumeClaim(),
                                volume.getEphemeral(),
                                volume.getCsi())
                        .anyMatch(Objects::nonNull);
        var path = volume.getHostPath() == null ? "" : " " + volume.getHostPath().getPath();
        require(restricted, pod, "volume of the host" + path);
    }

    private void container(PodSpec spec, Container container) {
        var where = pod + "/" + container.getName();
        var context = Optional.ofNullable(container.getSecurityContext()).orElseGet(this::none);
        var podContext =
                Optional.ofNullable(spec.getSecurityContext()).orElseGet(PodSecurityContext::new);
        user(where, podContext, context);
        require(!isTrue(context.getPrivileged()), where, "privileged");
        require(isFalse(context.getAllowPrivilegeEscalation()), where, "privilege escalation");
        require(isTrue(context.getReadOnlyRootFilesystem()), where, "writable root");
        require(context.getProcMount() == null, where, "proc mount");
        require(context.getSeLinuxOptions() == null, where, "SELinux options");
        require(context.getWindowsOptions() == null, where, "Windows options");
        capabilities(where, context);
        container.getPorts().stream()
                .filter(port -> port.getHostPort() != null && port.getHostPort() != 0)
                .forEach(port -> violations.add(where + ": host port " + port.getHostPort()));
        probes(where, container);
        resources(where, container);
        secrets(where, container);
    }

    private SecurityContext none() {
        return new SecurityContext();
    }

    private void user(String where, PodSecurityContext pod, SecurityContext container) {
        var nonRoot =
                Optional.ofNullable(container.getRunAsNonRoot()).orElse(pod.getRunAsNonRoot());
        require(isTrue(nonRoot), where, "may be root");
        var user = Optional.ofNullable(container.getRunAsUser()).orElse(pod.getRunAsUser());
        require(user != null && user != 0, where, "user unknown or root");
        var seccomp =
                Optional.ofNullable(container.getSeccompProfile()).orElse(pod.getSeccompProfile());
        require(
                seccomp != null && SECCOMP.contains(String.valueOf(seccomp.getType())),
                where,
                "no seccomp profile");
    }

    private void capabilities(String where, SecurityContext context) {
        var capabilities = Optional.ofNullable(context.getCapabilities());
        require(
                capabilities.filter(one -> one.getDrop().equals(List.of("ALL"))).isPresent(),
                where,
                "keeps capabilities");
        capabilities.stream()
                .flatMap(one -> one.getAdd().stream())
                .forEach(added -> violations.add(where + ": capability " + added));
    }

    private void probes(String where, Container container) {
        var probes =
                Stream.of(
                                container.getStartupProbe(),
                                container.getLivenessProbe(),
                                container.getReadinessProbe())
                        .filter(Objects::nonNull)
                        .filter(PodSecurity::namesHost);
        probes.forEach(_ -> violations.add(where + ": probe of another host"));
        Optional.ofNullable(container.getLifecycle()).stream()
                .flatMap(one -> Stream.of(one.getPreStop(), one.getPostStart()))
                .filter(Objects::nonNull)
                .filter(PodSecurity::namesHost)
                .forEach(_ -> violations.add(where + ": hook of another host"));
    }

    private static boolean namesHost(Probe probe) {
        return probe.getHttpGet() != null && probe.getHttpGet().getHost() != null
                || probe.getTcpSocket() != null && probe.getTcpSocket().getHost() != null;
    }

    private static boolean namesHost(LifecycleHandler hook) {
        return hook.getHttpGet() != null && hook.getHttpGet().getHost() != null
                || hook.getTcpSocket() != null && hook.getTcpSocket().getHost() != null;
    }

    private void resources(String where, Container container) {
        var resources = container.getResources();
        boolean bounded =
                resources != null
                        && resources.getRequests().keySet().containsAll(Set.of("cpu", "memory"))
                        && resources.getLimits().containsKey("memory");
        require(bounded, where, "no CPU and memory request with a memory limit");
    }

    private void secrets(String where, Container container) {
        container.getEnv().stream()
                .filter(one -> one.getValueFrom() != null)
                .filter(one -> one.getValueFrom().getSecretKeyRef() != null)
                .forEach(one -> violations.add(where + ": secret in variable " + one.getName()));
        container.getEnvFrom().stream()
                .filter(one -> one.getSecretRef() != null)
                .forEach(one -> violations.add(where + ": secrets in variables"));
    }

    private static boolean isTrue(Boolean value) {
        return Boolean.TRUE.equals(value);
    }

    private static boolean isFalse(Boolean value) {
        return Boolean.FALSE.equals(value);
    }
}
