package dev.gatehouse.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.testkit.TestCertificate;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.JksOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real connections of strangers, on loopback.
class HttpListenersTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// More than what both ends' socket buffers hold.
    private static final int LONG_ANSWER = 32 << 20;

    private final HttpListeners http =
            new HttpListeners(new VertxOptions().setEventLoopPoolSize(1), System::nanoTime);
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (var socket : sockets) {
            socket.close();
        }
        http.vertx().close().toCompletionStage().toCompletableFuture().get();
    }

    @Test
    void halfARequestIsClosedInTimeThoughBytesComeAllTheWhile() throws Exception {
        int port = listen(limits(SHORT, LONG, LONG)).actualPort();
        var slow = connect("127.0.0.1", port);
        slow.getOutputStream().write("GET / HT".getBytes(StandardCharsets.US_ASCII));

        Eventually.holds(
                "closed for its time",
                Eventually.LONG,
                () -> {
                    drip(slow);
                    return http.refused(HttpRefusal.HEADER_TIMEOUT) > 0;
                });

        assertThat(isClosed(slow)).isTrue();
    }

    @Test
    void aTlsHandshakeThatDoesNotEndIsClosedInTime(@TempDir Path folder) throws Exception {
        var certificate = TestCertificate.create(folder, "dns:localhost");
        var options =
                HttpListeners.options()
                        .setSsl(true)
                        .setKeyCertOptions(
                                new JksOptions()
                                        .setPath(certificate.store().toString())
                                        .setPassword(TestCertificate.PASSWORD));
        int port = listen(limits(SHORT, LONG, LONG), options, this::hello).actualPort();
        var silent = connect("127.0.0.1", port);

        assertThat(isClosed(silent)).isTrue();
        assertThat(http.refused(HttpRefusal.HEADER_TIMEOUT)).isPositive();
    }

    @Test
    void anIdleConnectionIsClosedAfterItsRequest() throws Exception {
        int port = listen(limits(LONG, LONG, SHORT)).actualPort();
        var idle = connect("127.0.0.1", port);
        send(idle, GET);

        assertThat(isClosed(idle)).isTrue();
        assertThat(http.refused(HttpRefusal.HEADER_TIMEOUT)).isPositive();
    }

    @Test
    void whoAsksOnWithoutReadingIsClosed() throws Exception {
        int port =
                listen(
                                limits(LONG, LONG, LONG),
                                HttpListeners.options(),
                                r -> r.response().end("x".repeat(LONG_ANSWER)))
                        .actualPort();
        var deaf = connect("127.0.0.1", port);

        send(deaf, GET + GET + GET);

        Eventually.holds(
                "closed for not reading",
                Eventually.LONG,
                () -> http.refused(HttpRefusal.UNREAD) > 0);
    }

    @Test
    void aFloodOfRequestsOnOneConnectionIsClosed() throws Exception {
        int port = listen(limits(LONG, LONG, LONG)).actualPort();
        var busy = connect("127.0.0.1", port);
        send(busy, GET.repeat(1000));

        assertThat(isClosed(busy)).isTrue();
        assertThat(http.refused(HttpRefusal.TOO_MANY_REQUESTS)).isPositive();
    }

    @Test
    void othersAreAnsweredWhileOneAddressHoldsAllItMay() throws Exception {
        int port = listen(limits(LONG, LONG, LONG)).actualPort();
        for (int i = 0; i < 400; i++) {
            connect("127.0.0.2", port);
        }
        Eventually.holds(
                "the limit is met",
                Eventually.LONG,
                () ->
                        http.refused(HttpRefusal.PREFIX_FULL) + http.refused(HttpRefusal.REPLACED)
                                > 0);

        var honest = connect("127.0.0.3", port);
        send(honest, GET);

        assertThat(read(honest, 15)).isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void aBodyEndsTheConnection() throws Exception {
        int port = listen(limits(LONG, LONG, LONG)).actualPort();
        var talker = connect("127.0.0.1", port);
        send(talker, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc");

        assertThat(isClosed(talker)).isTrue();
    }

    @Test
    void whatIsNoHttpIsCounted() throws Exception {
        int port = listen(limits(LONG, LONG, LONG)).actualPort();
        var stranger = connect("127.0.0.1", port);
        send(stranger, "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n");

        assertThat(isClosed(stranger)).isTrue();
        assertThat(http.refused(HttpRefusal.MALFORMED)).isPositive();
    }

    private static HttpLimits limits(Duration header, Duration answer, Duration keepAlive) {
        return new HttpLimits(64, 32, 16, header, answer, keepAlive);
    }

    private HttpServer listen(HttpLimits limits) throws Exception {
        return listen(limits, HttpListeners.options(), this::hello);
    }

    private HttpServer listen(
            HttpLimits limits,
            HttpServerOptions options,
            io.vertx.core.Handler<HttpServerRequest> handler)
            throws Exception {
        var place = new HttpListeners.Place("test", "127.0.0.1", 0, List.of());
        return http.listen(place, limits, options, handler)
                .toCompletionStage()
                .toCompletableFuture()
                .get();
    }

    private void hello(HttpServerRequest request) {
        request.response().end("hello");
    }

    private Socket connect(String from, int port) throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", port));
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void drip(Socket socket) {
        try {
            socket.getOutputStream().write('x');
        } catch (IOException _) {
            // closed, which is what is waited for
        }
    }

    private static String read(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
    }

    /// Waits for the end, whatever comes before.
    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout((int) Eventually.LONG.toMillis());
        try {
            socket.getInputStream().readAllBytes();
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true; // reset is closed, too
        }
        return true;
    }
}
