package dev.gatehouse.portal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A peer with a real WebSocket, which connects as the peers of either age do.
final class TestPeer implements AutoCloseable {
    enum Age {
        OCTOBER_2025,
        AUGUST_2026
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_S = 10;

    private final Vertx vertx;
    private final WebSocketClient connector; // held: an unreachable one closes its sockets
    private final WebSocket socket;
    private final String topic;
    private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private int ref;

    private TestPeer(Vertx vertx, WebSocketClient connector, WebSocket socket, String topic) {
        this.vertx = vertx;
        this.connector = connector;
        this.socket = socket;
        this.topic = topic;
        socket.textMessageHandler(text -> frames.add(read(text)));
        socket.closeHandler(_ -> closed.complete(null));
    }

    private static JsonNode read(String text) {
        try {
            return JSON.readTree(text);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    static TestPeer gateway(TestPortal portal, Age age, int key) throws Exception {
        String version = age == Age.OCTOBER_2025 ? "gateway/1.4.17" : "gateway/1.6.1";
        return connect(
                portal,
                age == Age.OCTOBER_2025 ? "/gateway/websocket" : "/gateway/v2/websocket",
                age,
                TestPortal.GATEWAY_TOKEN,
                "Debian/12.0.0 " + version + " (x86_64; 6.1.0-13-amd64)",
                Map.of("external_id", "gw-" + key, "name", "g" + key, "public_key", key(key)));
    }

    static TestPeer client(TestPortal portal, Age age, int key) throws Exception {
        String version =
                age == Age.OCTOBER_2025 ? "headless-client/1.5.4" : "headless-client/1.5.12";
        return connect(
                portal,
                age == Age.OCTOBER_2025 ? "/client/websocket" : "/client/v2/websocket",
                age,
                TestPortal.CLIENT_TOKEN,
                "Debian/12.0.0 " + version + " (x86_64; 6.1.0-13-amd64)",
                Map.of("external_id", "cl-" + key, "name", "c" + key, "public_key", key(key)));
    }

    static TestPeer relay(TestPortal portal, int port) throws Exception {
        var peer =
                connect(
                        portal,
                        "/relay/websocket",
                        Age.AUGUST_2026,
                        TestPortal.RELAY_TOKEN,
                        "Debian/12.0.0 relay/0.1.0 (x86_64; 6.1.0-13-amd64)",
                        Map.of("ipv4", "10.99.0.3", "ipv6", "fd99::3", "port", "" + port));
        peer.send("phx_join", JSON.createObjectNode().put("stamp_secret", "secret" + port));
        peer.expect("phx_reply");
        peer.expect("init");
        return peer;
    }

    static String key(int seed) {
        var bytes = new byte[32];
        bytes[31] = (byte) seed;
        return Base64.getEncoder().encodeToString(bytes);
    }

    static TestPeer connect(
            TestPortal portal,
            String path,
            Age age,
            String token,
            String agent,
            Map<String, String> query)
            throws Exception {
        var text = new StringBuilder(path).append("?a=b");
        if (age == Age.OCTOBER_2025) {
            text.append("&token=").append(encode(token));
        }
        query.forEach((k, v) -> text.append('&').append(k).append('=').append(encode(v)));
        var options =
                new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(portal.port())
                        .setURI(text.toString())
                        .putHeader("User-Agent", agent);
        if (age == Age.AUGUST_2026) {
            options.putHeader("X-Authorization", "Bearer " + token);
        }
        var vertx = Vertx.vertx();
        var opened = new CompletableFuture<TestPeer>();
        var connector = vertx.createWebSocketClient();
        connector
                .connect(options)
                .onSuccess(
                        s -> opened.complete(new TestPeer(vertx, connector, s, path.split("/")[1])))
                .onFailure(opened::completeExceptionally);
        try {
            return opened.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            vertx.close();
            throw e;
        }
    }

    static int refusedWith(Exception e) {
        return e.getCause() instanceof UpgradeRejectedException rejected
                ? rejected.getStatus()
                : -1;
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    ObjectNode object() {
        return JSON.createObjectNode();
    }

    /// Joins and returns the `init` payload.
    JsonNode join() throws Exception {
        send("phx_join", null);
        expect("phx_reply");
        return expect("init");
    }

    void send(String event, JsonNode payload) {
        sendTo(topic, event, payload);
    }

    void sendTo(String toTopic, String event, JsonNode payload) {
        var frame = JSON.createObjectNode().put("topic", toTopic).put("event", event);
        frame.set("payload", payload == null ? JSON.nullNode() : payload);
        frame.put("ref", ref++);
        socket.writeTextMessage(frame.toString());
    }

    /// Writes so often the same frame, as fast as the portal reads; does not wait.
    void flood(String frame, int times) {
        vertx.runOnContext(_ -> writeSome(frame, times));
    }

    private void writeSome(String frame, int times) {
        int left = times;
        int pause = Math.max(0, times - 1_000);
        while (left > pause && !socket.isClosed() && !socket.writeQueueFull()) {
            socket.writeFinalTextFrame(frame);
            left--;
        }
        int rest = left;
        if (rest > 0 && !socket.isClosed()) {
            vertx.setTimer(1, _ -> writeSome(frame, rest));
        }
    }

    void ping(int times) {
        for (int i = 0; i < times; i++) {
            socket.writePing(io.vertx.core.buffer.Buffer.buffer("x"));
        }
    }

    void stopReading() {
        socket.pause();
    }

    JsonNode next() throws Exception {
        var frame = frames.poll(PATIENCE_S, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("the portal was silent");
        }
        return frame;
    }

    /// The payload of the next frame, which must be this event.
    JsonNode expect(String event) throws Exception {
        var frame = next();
        if (!frame.get("event").asText().equals(event)) {
            throw new AssertionError("expected " + event + ", got " + frame);
        }
        return frame.get("payload");
    }

    void awaitClose(java.time.Duration limit) throws Exception {
        closed.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    void awaitClose() throws Exception {
        closed.get(PATIENCE_S, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        connector.close();
        vertx.close();
    }
}
