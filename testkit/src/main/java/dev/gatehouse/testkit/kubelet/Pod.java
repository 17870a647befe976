package dev.gatehouse.testkit.kubelet;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.testkit.kubelet.PodRuntime.Sandbox;
import dev.gatehouse.testkit.manifests.Manifests;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Sysctl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/// A pod made from a template: a sandbox, volumes, and containers that share both.
public final class Pod {
    private static final int SUFFIX_LENGTH = 5;
    private static final long GRACE_S = 30; // the default of Kubernetes

    /// What a pod is made from.
    ///
    /// @param claims names of volumes that a StatefulSet claims for each pod
    /// @param objects where secrets, config maps and Services are looked up
    public record Source(
            String name,
            String namespace,
            PodTemplateSpec template,
            List<String> claims,
            List<HasMetadata> objects) {
        public static Source of(Manifests overlay, String workload) {
            var found = overlay.workload(workload);
            return new Source(
                    workload,
                    found.namespace(),
                    found.template(),
                    overlay.claimsOf(found),
                    overlay.objects());
        }

        /// A source whose template is changed; this one's stays.
        public Source with(Consumer<PodTemplateSpec> change) {
            var changed = new PodTemplateSpecBuilder(template).build();
            change.accept(changed);
            return new Source(name, namespace, changed, claims, objects);
        }
    }

    private final String uid = UUID.randomUUID().toString();
    private final String name;
    private final PodSpec spec;
    private final Sandbox sandbox;
    private final PodEnvironment environment;
    private final List<PodContainer> sidecars = new ArrayList<>();
    private final List<PodContainer> containers = new ArrayList<>();

    private Pod(PodRuntime runtime, Source source) {
        name = source.name() + "-" + uid.substring(0, SUFFIX_LENGTH);
        spec = source.template().getSpec();
        if (Boolean.TRUE.equals(spec.getHostNetwork())) {
            throw new IllegalArgumentException("pods have a network of their own here");
        }
        var objects = new ClusterObjects(source.namespace(), source.objects());
        sandbox =
                runtime.open(
                        new PodRuntime.SandboxSpec(
                                name,
                                source.namespace(),
                                sysctls(),
                                volumes(source.claims(), objects),
                                objects.serviceNames(source.template().getMetadata().getLabels())));
        environment = new PodEnvironment(fields(runtime, source.namespace()), objects);
    }

    /// Makes the pod and starts its containers, init containers first; does not wait for probes but
    /// for the startup probes of sidecars.
    ///
    /// @throws IllegalStateException if an init container fails, or a sidecar is not started
    ///     in time
    public static Pod start(PodRuntime runtime, Source source) {
        var pod = new Pod(runtime, source);
        try {
            pod.startContainers();
            return pod;
        } catch (RuntimeException e) {
            pod.remove();
            throw e;
        }
    }

    private Map<String, String> sysctls() {
        var settings = new LinkedHashMap<String, String>();
        for (Sysctl sysctl : spec.getSecurityContext().getSysctls()) {
            settings.put(sysctl.getName(), sysctl.getValue());
        }
        return settings;
    }

    private Map<String, PodVolume> volumes(List<String> claims, ClusterObjects objects) {
        var group = spec.getSecurityContext().getFsGroup();
        long owner = group == null ? 0 : group;
        var volumes = new LinkedHashMap<String, PodVolume>();
        spec.getVolumes()
                .forEach(one -> volumes.put(one.getName(), PodVolume.of(one, objects, owner)));
        claims.forEach(claim -> volumes.put(claim, new PodVolume.Disk(owner)));
        return volumes;
    }

    private Map<String, String> fields(PodRuntime runtime, String namespace) {
        return Map.of(
                "metadata.name",
                name,
                "metadata.namespace",
                namespace,
                "metadata.uid",
                uid,
                "spec.nodeName",
                runtime.nodeName(),
                "status.podIP",
                sandbox.address(),
                "status.hostIP",
                runtime.nodeAddress());
    }

    private void startContainers() {
        for (Container container : spec.getInitContainers()) {
            var running = make(container);
            if ("Always".equals(container.getRestartPolicy())) {
                sidecars.add(running);
                running.start();
                awaitStart(running);
                continue;
            }
            int status = running.runToTheEnd();
            running.remove();
            if (status != 0) {
                throw new IllegalStateException(
                        "%s/%s ended with %d: %s"
                                .formatted(name, running.name(), status, running.log()));
            }
        }
        for (Container container : spec.getContainers()) {
            var running = make(container);
            containers.add(running);
            running.start();
        }
    }

    private void awaitStart(PodContainer sidecar) {
        try {
            var what = "%s/%s is started".formatted(name, sidecar.name());
            Eventually.holds(what, Eventually.LONG, sidecar::isStarted);
        } catch (AssertionError e) {
            sidecar.abandon();
            throw new IllegalStateException(e.getMessage() + ": " + sidecar.log(), e);
        }
    }

    private PodContainer make(Container container) {
        var wanted =
                new ContainerSpec(container, spec.getSecurityContext(), environment.of(container));
        return new PodContainer(wanted, sandbox, grace());
    }

    private Duration grace() {
        var seconds = spec.getTerminationGracePeriodSeconds();
        return Duration.ofSeconds(seconds == null ? GRACE_S : seconds);
    }

    public String name() {
        return name;
    }

    public String uid() {
        return uid;
    }

    public PodSpec spec() {
        return spec;
    }

    public Sandbox sandbox() {
        return sandbox;
    }

    /// Sidecars first; init containers that have ended are not among them.
    public List<PodContainer> containers() {
        var all = new ArrayList<>(sidecars);
        all.addAll(containers);
        return all;
    }

    public PodContainer container(String wanted) {
        return containers().stream()
                .filter(one -> one.name().equals(wanted))
                .findFirst()
                .orElseThrow();
    }

    public boolean isReady() {
        return containers().stream().allMatch(PodContainer::isReady);
    }

    /// Ends all containers at the same time, sidecars after the others, then removes the pod.
    ///
    /// @return exit status by container; [PodContainer#KILLED] if its time was over
    public Map<String, Integer> terminate() {
        var codes = new LinkedHashMap<String, Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var group : List.of(containers, sidecars)) {
                var ends = group.stream().map(one -> supplyAsync(one::stop, threads)).toList();
                for (int i = 0; i < group.size(); i++) {
                    codes.put(group.get(i).name(), ends.get(i).join());
                }
            }
        }
        remove();
        return codes;
    }

    /// Removes all at once, however it ends.
    public void abandon() {
        containers().forEach(PodContainer::abandon);
        remove();
    }

    private void remove() {
        containers().forEach(PodContainer::remove);
        sandbox.remove();
    }

    @Override
    public String toString() {
        return name;
    }
}
