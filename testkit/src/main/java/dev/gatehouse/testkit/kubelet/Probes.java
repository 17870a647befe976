package dev.gatehouse.testkit.kubelet;

import dev.gatehouse.testkit.kubelet.PodRuntime.ExecProbe;
import dev.gatehouse.testkit.kubelet.PodRuntime.HttpProbe;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
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
        private final Predicate<Duration> question;
        private long dueNs;
        private int failures;
        private boolean successful;

        /// @param question whether the answer that comes in time is a good one
        private Prober(Probe probe, Predicate<Duration> question) {
            this.probe = probe;
            this.question = question;
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
            if (question.test(seconds(probe.getTimeoutSeconds(), TIMEOUT_S))) {
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

    Probes(Container container, HttpProbe pod, ExecProbe inside) {
        startup = prober(container, container.getStartupProbe(), pod, inside);
        liveness = prober(container, container.getLivenessProbe(), pod, inside);
        readiness = prober(container, container.getReadinessProbe(), pod, inside);
    }

    private static Optional<Prober> prober(
            Container container, Probe probe, HttpProbe pod, ExecProbe inside) {
        if (probe == null) {
            return Optional.empty();
        }
        if (probe.getExec() != null) {
            var command = probe.getExec().getCommand();
            return Optional.of(new Prober(probe, timeout -> inside.succeeds(command, timeout)));
        }
        var get = Objects.requireNonNull(probe.getHttpGet(), "neither HTTP nor a command");
        if ("HTTPS".equals(get.getScheme()) || get.getHost() != null) {
            throw new IllegalArgumentException("probes ask the pod over HTTP here: " + get);
        }
        int port = port(container, get);
        return Optional.of(
                new Prober(probe, timeout -> isGood(pod.status(port, get.getPath(), timeout))));
    }

    private static boolean isGood(int status) {
        return status >= 200 && status < 400;
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
