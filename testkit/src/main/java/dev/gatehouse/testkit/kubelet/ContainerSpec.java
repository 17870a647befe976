package dev.gatehouse.testkit.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A container as its pod wants it run: what it leaves open, the pod decides.
///
/// @param environment all variables beside those of the image
public record ContainerSpec(
        Container container, PodSecurityContext pod, Map<String, String> environment) {
    private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000);
    private static final BigDecimal SHARES_OF_A_CPU = BigDecimal.valueOf(1024);

    private SecurityContext own() {
        return Optional.ofNullable(container.getSecurityContext()).orElseGet(SecurityContext::new);
    }

    /// @throws IllegalArgumentException without one: nobody here asks the image
    public long user() {
        return Optional.ofNullable(own().getRunAsUser())
                .or(() -> Optional.ofNullable(pod.getRunAsUser()))
                .orElseThrow(() -> new IllegalArgumentException("no user: " + container.getName()));
    }

    public long group() {
        return Optional.ofNullable(own().getRunAsGroup())
                .or(() -> Optional.ofNullable(pod.getRunAsGroup()))
                .orElse(0L);
    }

    /// Further groups: the one of the pod's volumes.
    public List<Long> supplementaryGroups() {
        return Optional.ofNullable(pod.getFsGroup()).stream().toList();
    }

    public List<String> droppedCapabilities() {
        return Optional.ofNullable(own().getCapabilities())
                .map(capabilities -> capabilities.getDrop())
                .orElse(List.of());
    }

    public List<String> addedCapabilities() {
        return Optional.ofNullable(own().getCapabilities())
                .map(capabilities -> capabilities.getAdd())
                .orElse(List.of());
    }

    /// Whether `no_new_privs` is left unset.
    public boolean mayGainPrivileges() {
        return !Boolean.FALSE.equals(own().getAllowPrivilegeEscalation());
    }

    public boolean hasReadOnlyRoot() {
        return Boolean.TRUE.equals(own().getReadOnlyRootFilesystem());
    }

    public boolean isPrivileged() {
        return Boolean.TRUE.equals(own().getPrivileged());
    }

    /// E.g. `RuntimeDefault`; `Unconfined` where neither container nor pod says anything.
    public String seccompProfile() {
        return Optional.ofNullable(own().getSeccompProfile())
                .or(() -> Optional.ofNullable(pod.getSeccompProfile()))
                .map(SeccompProfile::getType)
                .orElse("Unconfined");
    }

    /// Bytes.
    public OptionalLong memoryMax() {
        return limit("memory", BigDecimal.ONE);
    }

    /// CPU time a second, nanoseconds.
    public OptionalLong cpuNanosMax() {
        return limit("cpu", NANOS);
    }

    private OptionalLong limit(String resource, BigDecimal unit) {
        return amount(container.getResources().getLimits(), resource, unit);
    }

    /// The weight that a kubelet makes of a CPU request; 1,024 for a CPU.
    public long cpuShares() {
        var requests = container.getResources().getRequests();
        return Math.max(2, amount(requests, "cpu", SHARES_OF_A_CPU).orElse(2));
    }

    private static OptionalLong amount(
            Map<String, Quantity> resources, String resource, BigDecimal unit) {
        var quantity = resources == null ? null : resources.get(resource);
        return quantity == null
                ? OptionalLong.empty()
                : OptionalLong.of(Quantity.getAmountInBytes(quantity).multiply(unit).longValue());
    }
}
