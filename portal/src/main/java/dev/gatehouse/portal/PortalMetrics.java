package dev.gatehouse.portal;

import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.portal.hub.AuditEvent;
import dev.gatehouse.portal.hub.PortalHub;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Counters and gauges of the portal; every label has a fixed set of values.
final class PortalMetrics {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger gateways = new AtomicInteger();
    private final AtomicInteger clients = new AtomicInteger();
    private final AtomicInteger relays = new AtomicInteger();
    private final AtomicInteger authorizations = new AtomicInteger();
    private final AtomicInteger configValid = new AtomicInteger(1);
    private final AtomicLong logLeftOut = new AtomicLong();

    PortalMetrics() {
        connections("gateway", gateways);
        connections("client", clients);
        connections("relay", relays);
        bindLog();
        Gauge.builder("gatehouse_portal_authorizations", authorizations, AtomicInteger::get)
                .description("authorizations in force")
                .register(registry);
        Gauge.builder("gatehouse_portal_config_valid", configValid, AtomicInteger::get)
                .description("0 while the file has a mistake and the one before is in force")
                .register(registry);
    }

    private void bindLog() {
        FunctionCounter.builder("gatehouse_portal_log_left_out", logLeftOut, AtomicLong::get)
                .description("lines about peers that a flood kept out of the log")
                .register(registry);
    }

    private void connections(String role, AtomicInteger value) {
        Gauge.builder("gatehouse_portal_connections", value, AtomicInteger::get)
                .description("joined peers")
                .tag("role", role)
                .register(registry);
    }

    void http(HttpListeners listeners) {
        listeners.bindTo(registry);
    }

    void refused(String role, int status) {
        registry.counter("gatehouse_portal_refused", "role", role, "status", String.valueOf(status))
                .increment();
    }

    void event(AuditEvent.Kind kind, int count) {
        registry.counter("gatehouse_portal_events", "event", kind.name().toLowerCase(Locale.ROOT))
                .increment(count);
    }

    void configValid(boolean valid) {
        configValid.set(valid ? 1 : 0);
        registry.counter("gatehouse_portal_config_reloads", "result", valid ? "applied" : "refused")
                .increment();
    }

    /// @param linesLeftOut of the log, since the start
    void observe(PortalHub hub, long linesLeftOut) {
        logLeftOut.set(linesLeftOut);
        gateways.set(count(hub, "gateway"));
        clients.set(count(hub, "client"));
        relays.set(count(hub, "relay"));
        authorizations.set(hub.authorizations().size());
    }

    private static int count(PortalHub hub, String role) {
        return (int)
                hub.connections().stream().filter(c -> c.joined() && c.role().equals(role)).count();
    }

    String scrape() {
        return registry.scrape();
    }
}
