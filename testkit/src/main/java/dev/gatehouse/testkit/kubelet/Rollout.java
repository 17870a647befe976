package dev.gatehouse.testkit.kubelet;

import dev.gatehouse.testkit.Eventually;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/// The pods of a Deployment: scaled, and replaced as `RollingUpdate` with surge 1 and none
/// unavailable does it.
public final class Rollout {
    private final PodRuntime runtime;
    private final Pod.Source source;
    private final Duration minReady;
    private final List<Pod> pods = new ArrayList<>();

    public Rollout(PodRuntime runtime, Pod.Source source, Deployment deployment) {
        var rolling = deployment.getSpec().getStrategy().getRollingUpdate();
        if (rolling.getMaxSurge().getIntVal() != 1
                || rolling.getMaxUnavailable().getIntVal() != 0) {
            throw new IllegalArgumentException("only surge 1 and unavailable 0 are known here");
        }
        this.runtime = runtime;
        this.source = source;
        var seconds = deployment.getSpec().getMinReadySeconds();
        this.minReady = Duration.ofSeconds(Objects.requireNonNullElse(seconds, 0));
    }

    public List<Pod> pods() {
        return List.copyOf(pods);
    }

    /// Adds pods, without waiting until they are ready.
    public void scaleUpTo(int replicas) {
        while (pods.size() < replicas) {
            pods.add(Pod.start(runtime, source));
        }
    }

    public boolean isReady() {
        return pods.stream().allMatch(Pod::isReady);
    }

    /// Replaces every pod. An old one goes when a new one has been ready for long enough.
    ///
    /// @return exit status of each container that was ended, by pod and container
    public Map<String, Integer> replaceAll() {
        var ends = new LinkedHashMap<Pod, CompletableFuture<Map<String, Integer>>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Pod old : pods()) {
                var fresh = Pod.start(runtime, source);
                pods.add(fresh);
                awaitAvailable(fresh);
                pods.remove(old);
                ends.put(old, CompletableFuture.supplyAsync(old::terminate, threads));
            }
        }
        var codes = new LinkedHashMap<String, Integer>();
        ends.forEach(
                (pod, end) ->
                        end.join().forEach((name, code) -> codes.put(pod + "/" + name, code)));
        return codes;
    }

    /// Ready without a pause for `minReadySeconds`.
    private void awaitAvailable(Pod pod) {
        var sinceNs = new long[] {System.nanoTime()};
        Eventually.holds(
                pod + " is available",
                Eventually.LONG,
                () -> {
                    long nowNs = System.nanoTime();
                    if (!pod.isReady()) {
                        sinceNs[0] = nowNs;
                    }
                    return nowNs - sinceNs[0] >= minReady.toNanos();
                });
    }

    public void terminateAll() {
        pods.forEach(Pod::terminate);
        pods.clear();
    }
}
