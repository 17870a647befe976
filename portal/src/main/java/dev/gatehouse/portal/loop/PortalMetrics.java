package dev.gatehouse.portal.loop;

import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.portal.hub.PortalHub;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.limit.LimitCounters;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.store.StoreWriter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Counters and gauges of the portal; every label has a fixed set of values.
public final class PortalMetrics {
    private static final int UNAVAILABLE = 503;
    private static final List<String> LIMIT_CODES = List.of("rate_limit", "limits_exceeded");

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger gateways = new AtomicInteger();
    private final AtomicInteger clients = new AtomicInteger();
    private final AtomicInteger relays = new AtomicInteger();
    private final AtomicInteger authorizations = new AtomicInteger();
    private final AtomicInteger configValid = new AtomicInteger(1);
    private final AtomicLong logLeftOut = new AtomicLong();
    private final AtomicLong unreadBytes = new AtomicLong();

    public PortalMetrics() {
        connections("gateway", gateways);
        connections("client", clients);
        connections("relay", relays);
        bindLog();
        bindEvents();
        Gauge.builder("gatehouse_portal_unread_bytes", unreadBytes, AtomicLong::get)
                .description("what waits for peers to read it")
                .register(registry);
        Gauge.builder("gatehouse_portal_authorizations", authorizations, AtomicInteger::get)
                .description("authorizations in force")
                .register(registry);
        Gauge.builder("gatehouse_portal_config_valid", configValid, AtomicInteger::get)
                .description("0 while the file has a mistake and the one before is in force")
                .register(registry);
    }

    /// What has not happened yet is shown as 0: a rate knows the first time.
    private void bindEvents() {
        for (var kind : AuditEvent.Kind.values()) {
            event(kind, 0);
        }
        for (var role : Role.values()) {
            for (var code : LIMIT_CODES) {
                refusals(role.topic(), String.valueOf(UNAVAILABLE), code);
            }
        }
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

    public void http(HttpListeners listeners) {
        listeners.bindTo(registry);
    }

    public void refused(String role, Admission.Refused refused) {
        refusals(role, String.valueOf(refused.status()), refused.code()).increment();
    }

    private Counter refusals(String role, String status, String code) {
        return registry.counter(
                "gatehouse_portal_refused", "role", role, "status", status, "code", code);
    }

    void event(AuditEvent.Kind kind, int count) {
        registry.counter("gatehouse_portal_events", "event", kind.name().toLowerCase(Locale.ROOT))
                .increment(count);
    }

    public void configValid(boolean valid) {
        configValid.set(valid ? 1 : 0);
        registry.counter("gatehouse_portal_config_reloads", "result", valid ? "applied" : "refused")
                .increment();
    }

    /// Shows how often peers met limits, and how far the store is.
    void bind(LimitCounters counters, StoreWriter writer) {
        for (var limit : Limit.values()) {
            FunctionCounter.builder("gatehouse_portal_limited", counters, c -> c.of(limit))
                    .description("how often a peer met this limit")
                    .tag("limit", limit.label())
                    .register(registry);
        }
        FunctionCounter.builder(
                        "gatehouse_portal_audit_left_out", writer, StoreWriter::auditLeftOut)
                .description("audit lines that a flood kept out of file and database")
                .register(registry);
        Gauge.builder("gatehouse_portal_store_waiting", writer, StoreWriter::waiting)
                .description("changes that wait to be stored")
                .register(registry);
    }

    /// @param linesLeftOut of the log, since the start
    /// @param unread characters that wait for peers to read them
    void observe(PortalHub hub, long linesLeftOut, long unread) {
        logLeftOut.set(linesLeftOut);
        unreadBytes.set(unread);
        gateways.set(hub.joinedCount(Role.GATEWAY));
        clients.set(hub.joinedCount(Role.CLIENT));
        relays.set(hub.joinedCount(Role.RELAY));
        authorizations.set(hub.authorizationCount());
    }

    public String scrape() {
        return registry.scrape();
    }
}
