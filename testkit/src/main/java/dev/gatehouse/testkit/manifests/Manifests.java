package dev.gatehouse.testkit.manifests;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// One rendered overlay.
///
/// @param name of the overlay's folder
public record Manifests(String name, List<HasMetadata> objects) {
    public static Manifests of(String overlay) {
        return new Manifests(overlay, StrictLoader.load(Checkout.read(Checkout.rendered(overlay))));
    }

    public static Stream<Manifests> all() {
        return Checkout.overlays().stream().map(Manifests::of);
    }

    /// What makes pods.
    public record Workload(HasMetadata owner, PodTemplateSpec template) {
        public String name() {
            return owner.getMetadata().getName();
        }

        public String namespace() {
            return owner.getMetadata().getNamespace();
        }

        public PodSpec pod() {
            return template.getSpec();
        }

        public Map<String, String> labels() {
            return template.getMetadata().getLabels();
        }

        public List<Container> containers() {
            return Stream.concat(pod().getInitContainers().stream(), pod().getContainers().stream())
                    .toList();
        }

        public Container container(String name) {
            return containers().stream()
                    .filter(one -> one.getName().equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        public Optional<ContainerPort> port(String name) {
            return containers().stream()
                    .flatMap(container -> container.getPorts().stream())
                    .filter(port -> name.equals(port.getName()))
                    .findFirst();
        }
    }

    public List<Workload> workloads() {
        return objects.stream().flatMap(object -> workload(object).stream()).toList();
    }

    private static Optional<Workload> workload(HasMetadata object) {
        return switch (object) {
            case Deployment one -> Optional.of(new Workload(one, one.getSpec().getTemplate()));
            case DaemonSet one -> Optional.of(new Workload(one, one.getSpec().getTemplate()));
            case StatefulSet one -> Optional.of(new Workload(one, one.getSpec().getTemplate()));
            default -> Optional.empty();
        };
    }

    public Workload workload(String name) {
        return workloads().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(this.name + " has no " + name));
    }

    public <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }

    public <T extends HasMetadata> T named(Class<T> type, String wanted) {
        return all(type).stream()
                .filter(one -> one.getMetadata().getName().equals(wanted))
                .findFirst()
                .orElseThrow(() -> new AssertionError("%s has no %s".formatted(name, wanted)));
    }

    /// Names of the volumes that a StatefulSet claims for each of its pods.
    public List<String> claimsOf(Workload workload) {
        return workload.owner() instanceof StatefulSet set
                ? set.getSpec().getVolumeClaimTemplates().stream()
                        .map(claim -> claim.getMetadata().getName())
                        .toList()
                : List.of();
    }

    /// The workloads of `namespace` whose pods carry all of `labels`.
    public List<Workload> selected(String namespace, Map<String, String> labels) {
        return workloads().stream()
                .filter(one -> one.namespace().equals(namespace))
                .filter(one -> one.labels().entrySet().containsAll(labels.entrySet()))
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
