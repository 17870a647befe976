package dev.gatehouse.controlplane;

import dev.gatehouse.controlplane.flow.FlowStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// Probes and metrics of the pair over HTTP.
final class ProbeServer {
    private final Vertx vertx;
    private final Supplier<FlowStatus> status;
    private final PrometheusMeterRegistry metrics =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    ProbeServer(Vertx vertx, Supplier<FlowStatus> status) {
        this.vertx = vertx;
        this.status = status;
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
        return vertx.createHttpServer().requestHandler(this::handle).listen(port, host);
    }

    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/healthz" -> answer(request, true, "alive");
            case "/startupz" -> answer(request, status.get().isStarted(), "started");
            case "/readyz" -> answer(request, status.get().isReady(), "ready");
            case "/metrics" ->
                    request.response()
                            .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                            .end(metrics.scrape());
            default -> request.response().setStatusCode(404).end("not found\n");
        }
    }

    private void answer(HttpServerRequest request, boolean holds, String what) {
        request.response()
                .setStatusCode(holds ? 200 : 503)
                .end((holds ? what : "not " + what + ": " + reason(status.get())) + "\n");
    }

    private static String reason(FlowStatus one) {
        if (!one.dataplaneUp()) {
            return "no data plane";
        }
        if (!one.isStarted()) {
            return "the data plane has no TUN or no socket yet";
        }
        if (!one.portalEverJoined()) {
            return "not joined to the portal";
        }
        return one.dataplane().getDraining() ? "draining" : "no relay allocation";
    }
}
