package dev.gatehouse.dataplane;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Probes and metrics over HTTP. A probe tells the truth: it asks the shard.
final class ProbeServer {
    private static final long SHARD_ANSWERS_WITHIN_MS = 2_000;

    private final Vertx vertx;
    private final Supplier<ShardStatus> status;
    private final Predicate<ShardCommand> shard;
    private final Metrics metrics;
    private final HttpServer server;
    private volatile boolean started;

    ProbeServer(
            Vertx vertx,
            Supplier<ShardStatus> status,
            Predicate<ShardCommand> shard,
            Metrics metrics) {
        this.vertx = vertx;
        this.status = status;
        this.shard = shard;
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
            case "/readyz" -> probe(request, status.get().isReady(), unreadyReason(status.get()));
            case "/metrics" -> metrics(request);
            default -> answer(request, 404, "try /startupz, /healthz, /readyz or /metrics");
        }
    }

    private static String unreadyReason(ShardStatus now) {
        if (!now.resumed()) {
            return "waiting for the control plane";
        }
        if (now.draining()) {
            return "draining";
        }
        return now.tunUp() ? "no relay allocation" : "no tunnel addresses";
    }

    private void health(HttpServerRequest request) {
        askShard()
                .onSuccess(_ -> answer(request, 200, "ok"))
                .onFailure(_ -> answer(request, 503, "the shard does not answer"));
    }

    private void metrics(HttpServerRequest request) {
        askShard()
                .onSuccess(
                        latest -> {
                            request.response()
                                    .putHeader("Content-Type", "text/plain; version=0.0.4")
                                    .end(metrics.scrape(latest));
                        })
                .onFailure(_ -> answer(request, 503, "the shard does not answer"));
    }

    private Future<ShardMetrics> askShard() {
        var reply = new CompletableFuture<ShardMetrics>();
        if (!shard.test(new ShardCommand.ReadMetrics(reply))) {
            return Future.failedFuture("the shard is behind");
        }
        var limited = reply.orTimeout(SHARD_ANSWERS_WITHIN_MS, TimeUnit.MILLISECONDS);
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
