package dev.gatehouse.manifests.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;

/// The probes of one container by the kubelet's rules: nothing but the startup probe until it
/// succeeds once. Asks over HTTP from the node, at the pod's address. Not thread-safe.
final class Probes {
    /// One probe and what it has answered.
    private static final class Prober {
        private final Probe probe;
        private final URI uri;
        private long dueNs;
        private int failures;
        private boolean successful;

        private Prober(Probe probe, URI uri) {
            this.probe = probe;
            this.uri = uri;
        }

        private void reset(long nowNs) {
            var delay = Objects.requireNonNullElse(probe.getInitialDelaySeconds(), 0);
            dueNs = nowNs + Duration.ofSeconds(delay).toNanos();
            failures = 0;
            successful = false;
        }

        private void run(long nowNs) {
            if (nowNs - dueNs < 0) {
                return;
            }
            dueNs = nowNs + seconds(probe.getPeriodSeconds(), 10).toNanos();
            if (isAnswered(uri, seconds(probe.getTimeoutSeconds(), 1))) {
                failures = 0;
                successful = true;
            } else if (++failures >= Objects.requireNonNullElse(probe.getFailureThreshold(), 3)) {
                successful = false;
            }
        }

        private boolean hasFailed() {
            return failures >= Objects.requireNonNullElse(probe.getFailureThreshold(), 3);
        }
    }

    private final Prober startup;
    private final Prober liveness;
    private final Prober readiness;
    private boolean started;

    Probes(Container container, String address) {
        startup = prober(container, container.getStartupProbe(), address);
        liveness = prober(container, container.getLivenessProbe(), address);
        readiness = prober(container, container.getReadinessProbe(), address);
    }

    private static Prober prober(Container container, Probe probe, String address) {
        if (probe == null) {
            return null;
        }
        var get = Objects.requireNonNull(probe.getHttpGet(), "only HTTP probes are known here");
        var uri = "http://%s:%d%s".formatted(address, port(container, get), get.getPath());
        return new Prober(probe, URI.create(uri));
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

    void reset(long nowNs) {
        started = startup == null;
        for (Prober prober : new Prober[] {startup, liveness, readiness}) {
            if (prober != null) {
                prober.reset(nowNs);
            }
        }
    }

    void run(long nowNs) {
        if (!started) {
            startup.run(nowNs);
            started = startup.successful;
            return;
        }
        if (liveness != null) {
            liveness.run(nowNs);
        }
        if (readiness != null) {
            readiness.run(nowNs);
        }
    }

    boolean isStarted() {
        return started;
    }

    boolean isReady() {
        return started && (readiness == null || readiness.successful);
    }

    boolean wantsRestart() {
        return started
                ? liveness != null && liveness.hasFailed()
                : startup != null && startup.hasFailed();
    }

    private static Duration seconds(Integer given, int otherwise) {
        return Duration.ofSeconds(Objects.requireNonNullElse(given, otherwise));
    }

    static boolean isAnswered(URI uri, Duration timeout) {
        try {
            var connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setConnectTimeout((int) timeout.toMillis());
            connection.setReadTimeout((int) timeout.toMillis());
            int status = connection.getResponseCode();
            connection.disconnect();
            return status >= 200 && status < 400;
        } catch (IOException _) {
            return false;
        }
    }
}
