package dev.gatehouse.channel.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.frame.Frame;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.session.ReconnectPolicy;
import dev.gatehouse.channel.session.ServerSession;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetSocket;
import io.vertx.core.parsetools.RecordParser;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PhoenixClientTest {
    private static final int MESSAGES = 3_000;

    private final Vertx vertx = Vertx.vertx();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<MultiMap> upgrades = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<ServerWebSocket> accepted = new LinkedBlockingQueue<>();
    private final AtomicInteger attempts = new AtomicInteger();
    private Runnable onMessage = () -> {};
    private IntUnaryOperator statusOfAttempt = _ -> 101;

    @AfterEach
    void close() {
        await(vertx.close());
    }

    @Test
    void joinsWithTheHeadersOfARealPeer() throws Exception {
        start(client(listen()));

        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        var headers = upgrades.take();
        assertThat(headers.get("Host")).isEqualTo("127.0.0.1");
        assertThat(headers.get("User-Agent")).isEqualTo("test gateway/1.5.2");
        assertThat(headers.get("X-Authorization")).isEqualTo("Bearer .t");
        assertThat(headers.get("Connection")).isEqualToIgnoringCase("Upgrade");
        assertThat(headers.get("Upgrade")).isEqualTo("websocket");
        assertThat(headers.get("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(headers.contains("Origin")).isFalse();
        assertThat(headers.contains("Sec-WebSocket-Protocol")).isFalse();
        assertThat(headers.contains("Sec-WebSocket-Extensions")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.2 127.0.0.1"})
    void aNameLeadsToAnAddressThatAcceptsAlsoWhenItIsNoLongerResolved(String known)
            throws Exception {
        var hosts = KnownHosts.of(known.split(" "));
        var client = client("portal.invalid", listen(), hosts);
        start(client);

        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        assertThat(upgrades.take().get("Host")).isEqualTo("portal.invalid");
        hosts.addresses().set(List.of());
        client.reconnect();
        assertThat(told.poll(10, TimeUnit.SECONDS)).startsWith("disconnected");
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        await(client.close());
    }

    @Test
    void aNameThatMeansAnotherAddressIsFollowed() throws Exception {
        var hosts = KnownHosts.of("127.0.0.2");
        start(client("portal.invalid", listen(), hosts));
        assertThat(told.poll(10, TimeUnit.SECONDS)).startsWith("disconnected");

        hosts.addresses().set(List.of("127.0.0.1"));

        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
    }

    @Test
    void aHostWithAnUnderscoreIsDialled() throws Exception {
        start(client("my_portal", listen(), KnownHosts.of("127.0.0.1")));

        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        assertThat(upgrades.take().get("Host")).isEqualTo("my_portal");
    }

    @Test
    void passesLargeMessagesOn() throws Exception {
        start(client(listen()));
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");

        var payload = Json.object().put("big", "x".repeat(1_000_000));
        accepted.take().writeTextMessage(Frame.push("gateway", "init", payload).encode());

        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("init 1000010");
    }

    @Test
    void aPortalSendsNoFasterThanItsMessagesAreHandled() throws Exception {
        var goOn = new CountDownLatch(1);
        onMessage = () -> uninterruptibly(goOn);
        start(client(listen()));
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        var socket = accepted.take();
        var frame =
                Frame.push("gateway", "x", Json.object().put("big", "x".repeat(100_000))).encode();
        var sent = new AtomicInteger();

        var timer = vertx.setPeriodic(1, _ -> writeSome(socket, frame, sent));
        int before = -1;
        while (before != sent.get()) { // until it is read no more
            before = sent.get();
            assertThat(told.poll(1, TimeUnit.SECONDS)).isNull();
        }

        assertThat(sent.get()).as("messages of 0.1 MB").isBetween(1, 600);
        vertx.cancelTimer(timer);
        goOn.countDown();
        for (int i = 0; i < sent.get(); i++) {
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("x 100010");
        }
    }

    @Test
    void aPortalThatReadsNothingIsDialledAnew() throws Exception {
        var client = client(listen());
        start(client);
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        var socket = accepted.take();
        socket.pause();

        var payload = Json.object().put("big", "x".repeat(50_000)); // a frame that it would take
        String next = null;
        for (int i = 0; i < MESSAGES && next == null; i++) {
            client.send("x", payload);
            next = told.poll(1, TimeUnit.MILLISECONDS);
        }

        assertThat(next).contains("does not read");
        await(client.close());
        socket.resume(); // else it never ends
    }

    private static void writeSome(ServerWebSocket socket, String frame, AtomicInteger sent) {
        for (int i = 0; i < 20 && !socket.writeQueueFull() && sent.get() < MESSAGES; i++) {
            socket.writeFinalTextFrame(frame);
            sent.incrementAndGet();
        }
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void comesBackAfterRetryAfter() throws Exception {
        statusOfAttempt = attempt -> attempt == 1 ? 503 : 101;
        start(client(listen()));

        assertThat(told.poll(10, TimeUnit.SECONDS)).contains("HTTP 503");
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
    }

    @Test
    void stopsAtARefusedToken() throws Exception {
        statusOfAttempt = _ -> 401;
        start(client(listen()));

        assertThat(told.poll(10, TimeUnit.SECONDS)).contains("fatal").contains("401");
    }

    @Test
    void survivesBadJsonAndReconnectsWhenTheSocketEnds() throws Exception {
        start(client(listen()));
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        var socket = accepted.take();
        socket.writeTextMessage("nonsense");
        socket.writeTextMessage(Frame.push("gateway", "init", Json.object()).encode());
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("init 2");

        socket.close();

        assertThat(told.poll(10, TimeUnit.SECONDS)).contains("the connection ended");
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
    }

    @Test
    void sendsACloseFrameAtTheEnd() throws Exception {
        var client = client(listen());
        start(client);
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        var closed = new LinkedBlockingQueue<Short>();
        var socket = accepted.take();
        socket.closeHandler(_ -> closed.add(socket.closeStatusCode()));

        await(client.close());

        assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo((short) 1000);
    }

    /// portal-channel.md 1.7: a close frame means reconnecting, whatever becomes of the TCP
    /// connection.
    @Test
    void aCloseFrameEndsAConnectionThatStaysOpen() throws Exception {
        var server = await(vertx.createNetServer().connectHandler(this::bid).listen(0));
        start(client("127.0.0.1", server.actualPort(), KnownHosts.of()));

        assertThat(told.poll(10, TimeUnit.SECONDS)).contains("the connection ended");
        assertThat(told.poll(5, TimeUnit.SECONDS)).contains("the connection ended");
    }

    /// Accepts the upgrade, says goodbye and leaves the connection as it is.
    private void bid(NetSocket socket) {
        socket.handler(
                RecordParser.newDelimited(
                        "\r\n",
                        line -> {
                            var header = line.toString();
                            if (header.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key:")) {
                                socket.write(goodbye(header.substring(18).strip()));
                            }
                        }));
    }

    private static Buffer goodbye(String key) {
        return Buffer.buffer(
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                + "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                                + WebSocketAccept.of(key)
                                + "\r\n\r\n")
                .appendBytes(new byte[] {(byte) 0x88, 2, 3, (byte) 0xF4});
    }

    /// RFC 6455 section 4.2.2.
    private static final class WebSocketAccept {
        private static String of(String key) {
            try {
                var text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
                var digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes());
                return Base64.getEncoder().encodeToString(digest);
            } catch (NoSuchAlgorithmException failure) {
                throw new AssertionError(failure);
            }
        }
    }

    private HttpServer listen() {
        return await(vertx.createHttpServer().requestHandler(this::upgrade).listen(0, "127.0.0.1"));
    }

    private void upgrade(HttpServerRequest request) {
        upgrades.add(request.headers());
        int status = statusOfAttempt.applyAsInt(attempts.incrementAndGet());
        if (status == 101) {
            request.toWebSocket().onSuccess(this::serve);
        } else {
            request.response().setStatusCode(status).putHeader("Retry-After", "0").end("no");
        }
    }

    private void serve(ServerWebSocket socket) {
        var session = new ServerSession(PeerRole.GATEWAY, 0);
        socket.textMessageHandler(
                text -> {
                    session.handleText(text, 0);
                    session.acceptJoin();
                    for (var out = session.pollTransmit();
                            out != null;
                            out = session.pollTransmit()) {
                        socket.writeTextMessage(out);
                    }
                });
        accepted.add(socket);
    }

    private PhoenixClient client(HttpServer server) {
        return client("127.0.0.1", server, KnownHosts.of());
    }

    private PhoenixClient client(String host, HttpServer server, KnownHosts known) {
        return client(host, server.actualPort(), known);
    }

    private PhoenixClient client(String host, int port, KnownHosts known) {
        var login =
                LoginUrl.tunnelPeer(
                        URI.create("ws://" + host + ":" + port),
                        PeerRole.GATEWAY,
                        new Secret(".t"),
                        "id",
                        "name",
                        "key");
        var options =
                PhoenixOptions.tunnelPeer(
                                PeerRole.GATEWAY,
                                () -> login,
                                "test gateway/1.5.2",
                                ReconnectPolicy.daemon())
                        .withNetwork(known);
        return new PhoenixClient(vertx, options, listener());
    }

    private static void start(PhoenixClient client) {
        client.start();
    }

    private ChannelListener listener() {
        return new ChannelListener() {
            @Override
            public void onJoined() {
                told.add("joined");
            }

            @Override
            public void onMessage(String event, JsonNode payload) {
                onMessage.run();
                told.add(event + " " + payload.toString().length());
            }

            @Override
            public void onDisconnected(String reason) {
                told.add("disconnected: " + reason);
            }

            @Override
            public void onFatal(String reason) {
                told.add("fatal: " + reason);
            }
        };
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }
}
