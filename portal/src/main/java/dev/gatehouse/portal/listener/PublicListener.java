package dev.gatehouse.portal.listener;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.admission.UpgradeRequest;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.loop.HubLoop;
import dev.gatehouse.portal.loop.PortalMetrics;
import dev.gatehouse.portal.state.Role;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The listener peers connect to: WebSockets, probes and metrics. Request lines hold tokens and
/// are never logged.
public final class PublicListener {
    private static final Logger LOG = LoggerFactory.getLogger(PublicListener.class);

    private final HubLoop loop;
    private final PortalMetrics metrics;
    private final RemotePeer.Proxies proxies;
    private final BooleanSupplier isReady;

    public PublicListener(
            HubLoop loop,
            PortalMetrics metrics,
            RemotePeer.Proxies proxies,
            BooleanSupplier isReady) {
        this.loop = loop;
        this.metrics = metrics;
        this.proxies = proxies;
        this.isReady = isReady;
    }

    public void handle(HttpServerRequest request) {
        var endpoint = ChannelEndpoint.ofPath(request.path() == null ? "" : request.path());
        if (endpoint.isPresent()) {
            upgrade(request, endpoint.get());
            return;
        }
        switch (request.path() == null ? "" : request.path()) {
            case "/healthz", "/startupz" -> text(request, 200, "ok\n");
            case "/readyz" -> {
                boolean ready = isReady.getAsBoolean();
                text(request, ready ? 200 : 503, ready ? "ok\n" : "not ready\n");
            }
            case "/metrics" -> {
                request.response().putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4");
                request.response().end(metrics.scrape());
            }
            default -> text(request, 404, "not found\n");
        }
    }

    private static void text(HttpServerRequest request, int status, String body) {
        request.response().setStatusCode(status).end(body);
    }

    private void upgrade(HttpServerRequest request, ChannelEndpoint endpoint) {
        boolean webSocket = "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE));
        if (!webSocket) {
            request.response().putHeader(HttpHeaders.UPGRADE, "websocket");
            text(request, 426, "this is a WebSocket endpoint\n");
            return;
        }
        if (!isReady.getAsBoolean()) {
            refuse(request, endpoint, new Admission.Refused(503, "not_ready", "try again"));
            return;
        }
        switch (loop.admit(upgradeRequest(request, endpoint))) {
            case Admission.Refused refused -> refuse(request, endpoint, refused);
            case Admission.Accepted(var peer) ->
                    request.toWebSocket()
                            .onSuccess(socket -> open(request, socket, peer))
                            .onFailure(e -> LOG.debug("an upgrade failed", e));
        }
    }

    private void open(HttpServerRequest request, ServerWebSocket socket, Identity peer) {
        HttpListeners.vouch(request.connection(), peer.endpoint().role() != Role.CLIENT);
        loop.open(socket, peer);
    }

    private UpgradeRequest upgradeRequest(HttpServerRequest request, ChannelEndpoint endpoint) {
        var peer = RemotePeer.of(request.remoteAddress().hostAddress(), request.headers(), proxies);
        return new UpgradeRequest(
                endpoint,
                firstValues(request.params()),
                header(request, "X-Authorization"),
                header(request, "User-Agent"),
                peer.address(),
                peer.location());
    }

    private static Map<String, String> firstValues(MultiMap parameters) {
        var values = new HashMap<String, String>();
        parameters.forEach((name, value) -> values.putIfAbsent(name, value));
        return values;
    }

    private static String header(HttpServerRequest request, String name) {
        String value = request.getHeader(name);
        return value == null ? "" : value;
    }

    /// RFC 9457 problem details: newer peers read `code`, older ones only print the body.
    private void refuse(
            HttpServerRequest request, ChannelEndpoint endpoint, Admission.Refused refused) {
        metrics.refused(endpoint.role().topic(), refused);
        loop.run((hub, nowNs) -> hub.handleRefused(endpoint.role(), refused.code(), nowNs));
        var problem =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "about:blank")
                        .put("status", refused.status())
                        .put("code", refused.code())
                        .put("title", refused.code())
                        .put("detail", refused.detail());
        if (refused.status() == 503) {
            String seconds = refused.code().equals("limits_exceeded") ? "60" : "1";
            request.response().putHeader(HttpHeaders.RETRY_AFTER, seconds);
        }
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .setStatusCode(refused.status())
                .end(problem.toString());
    }
}
