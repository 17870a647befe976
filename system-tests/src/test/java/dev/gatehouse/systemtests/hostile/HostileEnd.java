package dev.gatehouse.systemtests.hostile;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What a hostile client and a hostile neighbour do, and how it is seen. A program of its own, as
/// it runs on several simulated machines.
final class HostileEnd {
    private static final int DNS_PORT = 53_535;
    private static final int CONNECT_MS = 2_000;
    private static final int ANSWER_MS = 5_000;
    private static final int FLOOD_BYTES = 48 << 20;
    private static final int ROUNDS_WITHOUT_PROGRESS = 10;

    /// A for `a.`, recursion desired.
    private static final byte[] QUERY = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};

    private HostileEnd() {}

    public static void main(String[] arguments) throws Exception {
        var rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        switch (arguments[0]) {
            case "listen" -> listen(Integer.parseInt(rest[0]));
            case "send" -> send(rest);
            case "scan" -> scan(rest);
            case "pipeline" -> pipeline(rest[0]);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /// Prints what arrives.
    private static void listen(int port) throws IOException {
        try (var socket = new DatagramSocket(port)) {
            System.out.println("listening");
            while (true) {
                var packet = new DatagramPacket(new byte[256], 256);
                socket.receive(packet);
                System.out.println(
                        new String(
                                packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
            }
        }
    }

    /// @param a by fives: a source address and port, a destination address and port, a text
    private static void send(String... a) throws IOException {
        for (int i = 0; i < a.length; i += 5) {
            var from = new InetSocketAddress(a[i], Integer.parseInt(a[i + 1]));
            try (var socket = new DatagramSocket(from)) {
                byte[] text = a[i + 4].getBytes(StandardCharsets.UTF_8);
                var to = InetAddress.getByName(a[i + 2]);
                socket.send(new DatagramPacket(text, text.length, to, Integer.parseInt(a[i + 3])));
            }
        }
    }

    /// @param a ports, separated by commas, then addresses; prints what is open
    private static void scan(String... a) {
        for (var host : Arrays.copyOfRange(a, 1, a.length)) {
            for (var port : a[0].split(",")) {
                try (var socket = new Socket()) {
                    socket.connect(new InetSocketAddress(host, Integer.parseInt(port)), CONNECT_MS);
                    System.out.println(host + " " + port);
                } catch (IOException _) {
                    // closed, or refused on the way
                }
            }
        }
    }

    /// Sends queries and reads no answer, until nothing is taken any more; asks by another way
    /// meanwhile.
    private static void pipeline(String host) throws IOException {
        try (var channel = SocketChannel.open(new InetSocketAddress(host, DNS_PORT))) {
            channel.configureBlocking(false);
            var frames = ByteBuffer.allocate(1_000 * (2 + QUERY.length));
            while (frames.hasRemaining()) {
                frames.putShort((short) QUERY.length).put(QUERY);
            }
            frames.flip();
            long taken = 0;
            int asked = 0;
            int answered = 0;
            for (int idle = 0; idle < ROUNDS_WITHOUT_PROGRESS && taken < FLOOD_BYTES; ) {
                int n = channel.write(frames);
                if (!frames.hasRemaining()) {
                    frames.rewind();
                }
                taken += n;
                if (n == 0) {
                    asked++;
                    answered += ask(host) ? 1 : 0;
                    idle++;
                } else {
                    idle = 0;
                }
            }
            System.out.printf("taken %d, answered %d of %d%n", taken, answered, asked);
        }
    }

    private static boolean ask(String host) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(ANSWER_MS);
            var to = new InetSocketAddress(host, DNS_PORT);
            socket.send(new DatagramPacket(QUERY, QUERY.length, to));
            socket.receive(new DatagramPacket(new byte[512], 512));
            return true;
        } catch (SocketTimeoutException _) {
            return false;
        }
    }
}
