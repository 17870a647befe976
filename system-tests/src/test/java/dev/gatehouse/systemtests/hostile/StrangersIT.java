package dev.gatehouse.systemtests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Thousands of connections with half a request line: probes are answered, and an office
/// comes back.
class StrangersIT {
    private static final String STRANGER = "127.0.0.2";
    private static final String OFFICE = "127.0.0.3";
    private static final Pattern PORT = Pattern.compile("ws on port (\\d+)");
    private static final int CLIENTS = 1_000;
    private static final int PROBES = 20;
    private static final Duration PROBE_WITHIN = Duration.ofMillis(Eventually.patientMs(1_000));

    @TempDir private Path folder;

    @Test
    void aPortalsProbesAndAnOfficeOfAThousandAreServedDuringAFlood() throws Exception {
        var file = folder.resolve("portal.yaml").toString();
        var tokens = folder.resolve("tokens");
        var init =
                Program.Spec.gatehouse(
                        "portal", "init", "--config", file, "--tokens-dir", tokens.toString());
        assertThat(Program.start(folder, init).await()).isZero();
        var spec =
                Program.Spec.gatehouse(
                        "portal",
                        "--config",
                        file,
                        "--data-dir",
                        folder.resolve("data").toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--api-listen",
                        "127.0.0.1:0");
        try (var portal = Program.start(folder, small(spec));
                var flood = new Flood()) {
            int port = portOf(portal);
            flood.connect(port, 5_000);

            assertThatProbesAreAnswered(port);
            assertThat(get(port, "/metrics"))
                    .containsPattern("gatehouse_http_refused_total.*prefix_full\"} [1-9]");
            var token = Files.readString(tokens.resolve("client")).strip();
            try (var office = new Office(port, token)) {
                assertThat(office.answers()).hasSize(CLIENTS).allMatch(a -> a.contains(" 101 "));
            }
            assertThatProbesAreAnswered(port);
        }
    }

    @Test
    void aRelaysProbesAreServedDuringAFlood() throws Exception {
        int port = freePort();
        var spec =
                Program.Spec.gatehouse("relay")
                        .with("FIREZONE_TOKEN", ".none.none")
                        .with("FIREZONE_API_URL", "ws://127.0.0.1:1")
                        .with("PUBLIC_IP4_ADDR", "127.0.0.1")
                        .with("LISTEN_PORT", String.valueOf(freePort()))
                        .with("HEALTH_CHECK_ADDR", "127.0.0.1:" + port);
        try (var relay = Program.start(folder, small(spec));
                var flood = new Flood()) {
            relay.awaitText("relay serves UDP port");
            flood.connect(port, 1_000);

            assertThatProbesAreAnswered(port);
            assertThat(get(port, "/metrics"))
                    .containsPattern("gatehouse_http_refused_total.*prefix_full\"} [1-9]");
        }
    }

    private static Program.Spec small(Program.Spec spec) {
        var command = new ArrayList<>(spec.command());
        command.add(2, "-Xmx300m"); // as an image's is with 512 MiB
        return new Program.Spec(List.copyOf(command), spec.environment());
    }

    private static int portOf(Program portal) throws Exception {
        portal.awaitText("API on port");
        var said = PORT.matcher(portal.out() + portal.err());
        assertThat(said.find()).isTrue();
        return Integer.parseInt(said.group(1));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void assertThatProbesAreAnswered(int port) throws Exception {
        for (int i = 0; i < PROBES; i++) {
            assertThat(get(port, "/healthz")).isNotEmpty();
        }
    }

    /// A new connection each, as a kubelet makes it.
    private static String get(int port, String path) throws Exception {
        try (var client = HttpClient.newBuilder().connectTimeout(PROBE_WITHIN).build()) {
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(PROBE_WITHIN)
                            .build();
            var answer = client.send(request, BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            return answer.body();
        }
    }

    /// Connections that never say the rest.
    private static final class Flood implements AutoCloseable {
        private final List<SocketChannel> channels = new ArrayList<>();

        void connect(int port, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                var channel = SocketChannel.open();
                channels.add(channel);
                channel.bind(new InetSocketAddress(STRANGER, 0));
                channel.connect(new InetSocketAddress("127.0.0.1", port));
                try {
                    channel.write(ByteBuffer.wrap("GET /hea".getBytes(StandardCharsets.US_ASCII)));
                } catch (IOException _) {
                    // refused already, which is what the limits are for
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (var channel : channels) {
                channel.close();
            }
        }
    }

    /// Clients behind one address with one token, all at once.
    private static final class Office implements AutoCloseable {
        private final List<Socket> sockets = new ArrayList<>();

        Office(int port, String token) throws IOException {
            for (int i = 0; i < CLIENTS; i++) {
                var socket = new Socket();
                sockets.add(socket);
                socket.bind(new InetSocketAddress(InetAddress.getByName(OFFICE), 0));
                socket.connect(new InetSocketAddress("127.0.0.1", port));
                socket.getOutputStream()
                        .write(upgrade(token, i).getBytes(StandardCharsets.US_ASCII));
            }
        }

        private static String upgrade(String token, int number) {
            var key = ByteBuffer.allocate(32).putInt(number + 1).array();
            return """
            GET /client/websocket?token=%s&external_id=c%d&public_key=%s HTTP/1.1
            Host: portal
            User-Agent: Debian/12.0.0 headless-client/1.5.4 (x86_64)
            Connection: Upgrade
            Upgrade: websocket
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

            """
                    .formatted(encoded(token), number, encoded(base64(key)))
                    .replace("\n", "\r\n");
        }

        private static String base64(byte[] bytes) {
            return Base64.getEncoder().encodeToString(bytes);
        }

        private static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        List<String> answers() throws IOException {
            var answers = new ArrayList<String>();
            for (var socket : sockets) {
                socket.setSoTimeout((int) Eventually.LONG.toMillis());
                answers.add(
                        new String(
                                socket.getInputStream().readNBytes(13), StandardCharsets.US_ASCII));
            }
            return answers;
        }

        @Override
        public void close() throws IOException {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }
}
