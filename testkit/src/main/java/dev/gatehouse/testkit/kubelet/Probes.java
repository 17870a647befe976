package dev.gatehouse.testkit.kubelet;

import dev.gatehouse.testkit.kubelet.PodRuntime.HttpProbe;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// The probes of one container by the kubelet's rules: nothing but the startup probe until it
/// succeeds once; then liveness and readiness. Times are the caller's. Not thread-safe.
final class Probes {
    private static final int PERIOD_S = 10;
    private static final int TIMEOUT_S = 1;
    private static final int FAILURES = 3;

    /// One probe and what it has answered.
    private static final class Prober {
        private final Probe probe;
        private final HttpProbe pod;
        private final int port;
        private final String path;
        private long dueNs;
        private int failures;
        private boolean successful;

        private Prober(Container container, Probe probe, HttpProbe pod) {
            var get = Objects.requireNonNull(probe.getHttpGet(), "only HTTP probes are known here");
            if ("HTTPS".equals(get.getScheme()) || get.getHost() != null) {
                throw new IllegalArgumentException("probes ask the pod over HTTP here: " + get);
            }
            this.probe = probe;
            this.pod = pod;
            this.port = port(container, get);
            this.path = get.getPath();
        }

        private void reset(long nowNs) {
            dueNs = nowNs + seconds(probe.getInitialDelaySeconds(), 0).toNanos();
            failures = 0;
            successful = false;
        }

        private void run(long nowNs) {
            if (nowNs < dueNs) {
                return;
            }
            dueNs = nowNs + seconds(probe.getPeriodSeconds(), PERIOD_S).toNanos();
            int status = pod.status(port, path, seconds(probe.getTimeoutSeconds(), TIMEOUT_S));
            if (status >= 200 && status < 400) {
                failures = 0;
                successful = true;
            } else {
                failures++;
                successful &= !hasFailed();
            }
        }

        private boolean hasFailed() {
            return failures >= Objects.requireNonNullElse(probe.getFailureThreshold(), FAILURES);
        }
    }

    private final Optional<Prober> startup;
    private final Optional<Prober> liveness;
    private final Optional<Prober> readiness;
    private boolean started;

    Probes(Container container, HttpProbe pod) {
        startup = prober(container, container.getStartupProbe(), pod);
        liveness = prober(container, container.getLivenessProbe(), pod);
        readiness = prober(container, container.getReadinessProbe(), pod);
    }

    private static Optional<Prober> prober(Container container, Probe probe, HttpProbe pod) {
        return Optional.ofNullable(probe).map(one -> new Prober(container, one, pod));
    }

    private static int port(Container container, HTTPGetAction get) {
        if (get.getPort().getIntVal() != null) {
            return get.getPort().getIntVal();
        }
        return container.getPorts().stream()
                .filter(port -> get.getPort().getStrVal().equals(port.getName()))
                .findFirst()
                .orElseThrow()
                .getContainerPort();
    }

    /// A container begins.
    void reset(long nowNs) {
        started = startup.isEmpty();
        Stream.of(startup, liveness, readiness)
                .flatMap(Optional::stream)
                .forEach(prober -> prober.reset(nowNs));
    }

    /// Asks what is due; takes as long as the answers.
    void run(long nowNs) {
        if (!started) {
            startup.ifPresent(prober -> prober.run(nowNs));
            started = startup.map(prober -> prober.successful).orElse(true);
            return;
        }
        liveness.ifPresent(prober -> prober.run(nowNs));
        readiness.ifPresent(prober -> prober.run(nowNs));
    }

    boolean isStarted() {
        return started;
    }

    boolean isReady() {
        return started && readiness.map(prober -> prober.successful).orElse(true);
    }

    boolean wantsRestart() {
        return (started ? liveness : startup).map(Prober::hasFailed).orElse(false);
    }

    private static Duration seconds(Integer given, int otherwise) {
        return Duration.ofSeconds(Objects.requireNonNullElse(given, otherwise));
    }
}
