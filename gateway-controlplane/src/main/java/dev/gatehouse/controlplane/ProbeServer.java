package dev.gatehouse.controlplane;

import dev.gatehouse.controlplane.flow.FlowStatus;
import dev.gatehouse.http.HttpLimits;
import dev.gatehouse.http.HttpListeners;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// Probes and metrics of the pair over HTTP. `/healthz` and `/startupz` speak of this process,
/// `/readyz` of the pair.
final class ProbeServer {
    private final HttpListeners http;
    private final Supplier<FlowStatus> status;
    private final PrometheusMeterRegistry metrics =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    ProbeServer(HttpListeners http, Supplier<FlowStatus> status) {
        this.http = http;
        this.status = status;
        http.bindTo(metrics);
        gauge("gatehouse_portal_joined", one -> one.portalJoined() ? 1 : 0);
        gauge("gatehouse_dataplane_up", one -> one.dataplaneUp() ? 1 : 0);
        gauge("gatehouse_ready", one -> one.isReady() ? 1 : 0);
        gauge("gatehouse_clients", FlowStatus::clients);
        gauge("gatehouse_authorizations", FlowStatus::authorizations);
        gauge("gatehouse_connections", one -> one.dataplane().getConnections());
        gauge("gatehouse_relays_allocated", one -> one.dataplane().getRelaysAllocated());
        gauge("gatehouse_commands_waiting", FlowStatus::commandsWaiting);
        gauge("gatehouse_commands_dropped", FlowStatus::commandsDropped);
    }

    private void gauge(String name, ToDoubleFunction<FlowStatus> value) {
        Gauge.builder(name, status, supplier -> value.applyAsDouble(supplier.get()))
                .register(metrics);
    }

    Future<HttpServer> listen(String host, int port) {
        return http.listen(
                new HttpListeners.Place("probes", host, port, List.of()),
                HttpLimits.PROBES,
                HttpListeners.options(),
                this::handle);
    }

    /// Started means that the process can work, which is so as soon as it can answer: what it waits
    /// for, portal and data plane, another start of this process would not bring.
    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/healthz" -> answer(request, 200, "alive");
            case "/startupz" -> answer(request, 200, "started");
            case "/readyz" -> ready(request);
            case "/metrics" ->
                    request.response()
                            .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                            .end(metrics.scrape());
            case null, default -> answer(request, 404, "not found");
        }
    }

    private void ready(HttpServerRequest request) {
        status.get()
                .unreadyReason()
                .ifPresentOrElse(
                        reason -> answer(request, 503, "not ready: " + reason),
                        () -> answer(request, 200, "ready"));
    }

    private static void answer(HttpServerRequest request, int code, String text) {
        request.response().setStatusCode(code).end(text + "\n");
    }
}
