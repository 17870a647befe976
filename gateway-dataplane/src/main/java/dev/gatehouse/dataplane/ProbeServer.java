package dev.gatehouse.dataplane;

import dev.gatehouse.dataplane.host.HostGuard;
import dev.gatehouse.dataplane.host.HostHealth;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Probes and metrics over HTTP. A probe tells the truth: it asks the shards.
final class ProbeServer {
    private static final long SHARD_ANSWERS_WITHIN_MS = 2_000;

    private final Vertx vertx;
    private final Shards shards;
    private final HostGuard host;
    private final Metrics metrics;
    private final HttpServer server;
    private volatile boolean started;

    ProbeServer(Vertx vertx, Shards shards, HostGuard host, Metrics metrics) {
        this.vertx = vertx;
        this.shards = shards;
        this.host = host;
        this.metrics = metrics;
        server = vertx.createHttpServer(new HttpServerOptions().setIdleTimeout(60));
        server.requestHandler(this::handle);
    }

    Future<HttpServer> listen(String host, int port) {
        return server.listen(port, host);
    }

    /// Everything that can be open before Resume is.
    void markStarted() {
        started = true;
    }

    private void handle(HttpServerRequest request) {
        if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
            answer(request, 405, "only GET");
            return;
        }
        switch (request.path()) {
            case "/startupz" -> probe(request, started, "starting");
            case "/healthz" -> health(request);
            case "/readyz" -> ready(request);
            case "/metrics" -> metrics(request);
            default -> answer(request, 404, "try /startupz, /healthz, /readyz or /metrics");
        }
    }

    private void ready(HttpServerRequest request) {
        unreadyReason(shards.status())
                .ifPresentOrElse(
                        reason -> answer(request, 503, reason),
                        () -> answer(request, 200, "ok" + warnings()));
    }

    private Optional<String> unreadyReason(ShardStatus now) {
        if (!now.resumed()) {
            return Optional.of("waiting for the control plane");
        }
        if (now.draining()) {
            return Optional.of("draining");
        }
        var fault = host.health().flatMap(HostHealth::fault);
        if (fault.isPresent()) {
            return fault;
        }
        if (!now.tunUp()) {
            return Optional.of("no tunnel addresses");
        }
        if (now.relaysAllocated() == 0) {
            return Optional.of("no relay allocation");
        }
        return host.health().isEmpty() ? Optional.of("looking at the host") : Optional.empty();
    }

    private String warnings() {
        return host.health().stream()
                .flatMap(health -> health.warnings().stream())
                .map(warning -> "\nwarning: " + warning)
                .collect(Collectors.joining());
    }

    private void health(HttpServerRequest request) {
        askShards()
                .onSuccess(_ -> answer(request, 200, "ok"))
                .onFailure(_ -> answer(request, 503, "a shard does not answer"));
    }

    private void metrics(HttpServerRequest request) {
        askShards()
                .onSuccess(
                        latest -> {
                            request.response()
                                    .putHeader("Content-Type", "text/plain; version=0.0.4")
                                    .end(metrics.scrape(latest));
                        })
                .onFailure(_ -> answer(request, 503, "a shard does not answer"));
    }

    private Future<List<ShardMetrics>> askShards() {
        var limited =
                shards.askAll(ShardCommand.ReadMetrics::new)
                        .orTimeout(SHARD_ANSWERS_WITHIN_MS, TimeUnit.MILLISECONDS);
        return Future.fromCompletionStage(limited, vertx.getOrCreateContext());
    }

    private static void probe(HttpServerRequest request, boolean ok, String reason) {
        answer(request, ok ? 200 : 503, ok ? "ok" : reason);
    }

    private static void answer(HttpServerRequest request, int code, String text) {
        request.response()
                .setStatusCode(code)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end(text + "\n");
    }
}
