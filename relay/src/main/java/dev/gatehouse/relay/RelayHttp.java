package dev.gatehouse.relay;

import dev.gatehouse.http.HttpLimits;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.wire.Endpoint;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Probes and metrics over HTTP.
///
/// `/healthz` answers as long as the process lives, `/startupz` once it serves, `/readyz` while the
/// portal knows this relay.
final class RelayHttp {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry;
    private final BooleanSupplier isReady;

    RelayHttp(PrometheusMeterRegistry registry, BooleanSupplier isReady) {
        this.registry = registry;
        this.isReady = isReady;
    }

    Future<HttpServer> listen(HttpListeners http, Endpoint local) {
        return http.listen(
                new HttpListeners.Place(
                        "probes", local.address().toString(), local.port(), List.of()),
                HttpLimits.PROBES,
                HttpListeners.options(),
                this::handle);
    }

    private void handle(HttpServerRequest request) {
        if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
            end(request, METHOD_NOT_ALLOWED, "only GET");
            return;
        }
        switch (request.path()) {
            case "/healthz", "/startupz" -> end(request, OK, "ok");
            case "/readyz" -> handleReady(request);
            case "/metrics" -> {
                request.response().putHeader("Content-Type", PROMETHEUS_TEXT);
                end(request, OK, registry.scrape());
            }
            case null, default -> end(request, NOT_FOUND, "not found");
        }
    }

    private void handleReady(HttpServerRequest request) {
        if (isReady.getAsBoolean()) {
            end(request, OK, "ready");
        } else {
            end(request, UNAVAILABLE, "not connected to the portal");
        }
    }

    private static void end(HttpServerRequest request, int status, String body) {
        request.response().setStatusCode(status).end(body);
    }
}
