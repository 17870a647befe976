package dev.gatehouse.containers.kubernetes;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What the kubelet does on its node, in the network of the pods and among their processes.
///
/// Serves a Unix socket: one line asks, the answer is all until the end. `http MS URL` gives the
/// status and the body, `unix PATH` what a socket says, `file PATH` what a file holds; an answer
/// that begins with 0 tells what failed. Also the end of all names: its DNS knows none.
final class NodeAgent {
    private static final int DNS_PORT = 53;
    private static final int DNS_LENGTH_MAX = 512;
    private static final int DNS_FLAGS = 2;
    private static final int RESPONSE_RECURSION_DESIRED = 0x81;
    private static final int RECURSION_AVAILABLE_NO_SUCH_NAME = 0x83;
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private NodeAgent() {}

    public static void main(String[] socket) throws IOException {
        Thread.ofPlatform().daemon().start(NodeAgent::serveNames);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket[0]));
            while (true) {
                var channel = server.accept();
                Thread.ofVirtual().start(() -> serve(channel));
            }
        }
    }

    private static void serve(SocketChannel channel) {
        try (channel) {
            var line = new StringBuilder();
            var in = Channels.newInputStream(channel);
            for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
                line.append((char) c);
            }
            var answer = ByteBuffer.wrap(answer(line.toString().split(" ", 3)));
            while (answer.hasRemaining()) {
                channel.write(answer);
            }
        } catch (IOException e) {
            System.out.println(e);
        }
    }

    private static byte[] answer(String[] words) {
        try {
            return switch (words[0]) {
                case "http" -> http(Duration.ofMillis(Long.parseLong(words[1])), words[2]);
                case "unix" -> unix(Path.of(words[1]));
                case "file" -> Files.readAllBytes(Path.of(words[1]));
                default -> throw new IOException("what is " + words[0]);
            };
        } catch (IOException e) {
            return ("0 " + e).getBytes(StandardCharsets.UTF_8);
        }
    }

    private static byte[] http(Duration timeout, String url) throws IOException {
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(timeout).build();
        try {
            var response = HTTP.send(request, BodyHandlers.ofString());
            return (response.statusCode() + "\n" + response.body())
                    .getBytes(StandardCharsets.UTF_8);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static byte[] unix(Path path) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return Channels.newInputStream(channel).readAllBytes();
        }
    }

    /// Names of Services are the engine's to know; whatever else it is asked does not exist.
    private static void serveNames() {
        try (var socket = new DatagramSocket(DNS_PORT)) {
            var packet = new DatagramPacket(new byte[DNS_LENGTH_MAX], DNS_LENGTH_MAX);
            while (true) {
                packet.setLength(DNS_LENGTH_MAX);
                socket.receive(packet);
                packet.getData()[DNS_FLAGS] = (byte) RESPONSE_RECURSION_DESIRED;
                packet.getData()[DNS_FLAGS + 1] = (byte) RECURSION_AVAILABLE_NO_SUCH_NAME;
                socket.send(packet);
            }
        } catch (IOException e) {
            System.out.println(e);
        }
    }
}
