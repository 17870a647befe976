package dev.gatehouse.dataplane;

import dev.gatehouse.dataplane.handover.ShardStatus;
import dev.gatehouse.dataplane.host.HostGuard;
import dev.gatehouse.dataplane.host.HostHealth;
import dev.gatehouse.dataplane.shard.ShardCommand;
import dev.gatehouse.dataplane.shard.ShardMetrics;
import dev.gatehouse.dataplane.shard.Shards;
import dev.gatehouse.http.HttpLimits;
import dev.gatehouse.http.HttpListeners;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Probes and metrics over HTTP. A probe tells the truth: it asks the shards.
final class ProbeServer {
    private static final long SHARD_ANSWERS_WITHIN_MS = 2_000;

    private final HttpListeners http;
    private final Shards shards;
    private final HostGuard host;
    private final Metrics metrics;
    private Future<List<ShardMetrics>> asked; // guarded by this; null before the first
    private volatile boolean started;

    ProbeServer(HttpListeners http, Shards shards, HostGuard host, Metrics metrics) {
        this.http = http;
        this.shards = shards;
        this.host = host;
        this.metrics = metrics;
        http.bindTo(metrics.registry());
    }

    Future<HttpServer> listen(String host, int port) {
        return http.listen(
                new HttpListeners.Place("probes", host, port, List.of()),
                HttpLimits.PROBES,
                HttpListeners.options(),
                this::handle);
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

    /// However many ask at once, the shards are asked once: their queues are for commands.
    private synchronized Future<List<ShardMetrics>> askShards() {
        if (asked != null && !asked.isComplete()) {
            return asked;
        }
        var limited =
                shards.askAll(ShardCommand.ReadMetrics::new)
                        .orTimeout(SHARD_ANSWERS_WITHIN_MS, TimeUnit.MILLISECONDS);
        asked = Future.fromCompletionStage(limited, http.vertx().getOrCreateContext());
        return asked;
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
