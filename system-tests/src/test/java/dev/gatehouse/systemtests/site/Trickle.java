package dev.gatehouse.systemtests.site;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/// Either end of a stream that never pauses, over TCP or UDP: one sends a little every 5 ms, the
/// other only listens and prints the longest time in which nothing came. A program of its own, as
/// it runs on several simulated machines.
public final class Trickle {
    private static final int PORT = 80;
    private static final int PIECE_LENGTH = 1_000;
    private static final long EVERY_MS = 5;
    private static final int PATIENCE_MS = 20_000;

    private Trickle() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "serve" -> serve();
            case "listen" -> listen(arguments[1], Long.parseLong(arguments[2]));
            case "listen-udp" -> listenToDatagrams(arguments[1], Long.parseLong(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void serve() throws IOException {
        Thread.ofPlatform().daemon().start(Trickle::serveDatagrams);
        try (var server = new ServerSocket(PORT)) {
            System.out.println("serving");
            while (true) {
                var socket = server.accept();
                Thread.ofVirtual().start(() -> send(socket));
            }
        }
    }

    private static void send(Socket socket) {
        try (socket) {
            var piece = new byte[PIECE_LENGTH];
            while (true) {
                socket.getOutputStream().write(piece);
                Thread.sleep(EVERY_MS);
            }
        } catch (IOException | InterruptedException e) {
            System.out.println(e); // the listener has heard enough
        }
    }

    /// Whoever sends one datagram is sent others for ever.
    private static void serveDatagrams() {
        try (var socket = new DatagramSocket(PORT)) {
            while (true) {
                var asked = new DatagramPacket(new byte[1], 1);
                socket.receive(asked);
                Thread.ofVirtual().start(() -> send(socket, asked.getSocketAddress()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(DatagramSocket socket, SocketAddress to) {
        try {
            var piece = new DatagramPacket(new byte[PIECE_LENGTH], PIECE_LENGTH, to);
            while (true) {
                socket.send(piece);
                Thread.sleep(EVERY_MS);
            }
        } catch (IOException | InterruptedException e) {
            System.out.println(e);
        }
    }

    private interface Source {
        /// Waits for something to come.
        void read() throws IOException;
    }

    private static void listen(String host, long seconds) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, PORT), PATIENCE_MS);
            socket.setSoTimeout(PATIENCE_MS);
            var buffer = new byte[1 << 16];
            listen(
                    seconds,
                    () -> {
                        if (socket.getInputStream().read(buffer) < 0) {
                            throw new IOException("the other end hung up");
                        }
                    });
        }
    }

    private static void listenToDatagrams(String host, long seconds) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(host, PORT));
            socket.setSoTimeout(PATIENCE_MS);
            socket.send(new DatagramPacket(new byte[1], 1));
            var piece = new DatagramPacket(new byte[PIECE_LENGTH], PIECE_LENGTH);
            listen(seconds, () -> socket.receive(piece));
        }
    }

    /// Ends after `seconds`, or with a failure when nothing comes for 20 s.
    private static void listen(long seconds, Source source) throws IOException {
        long longestNs = 0;
        long beganNs = System.nanoTime();
        long lastNs = beganNs;
        while (lastNs - beganNs < seconds * 1_000_000_000L) {
            source.read();
            if (lastNs == beganNs) {
                System.out.println("listening");
            }
            long nowNs = System.nanoTime();
            longestNs = Math.max(longestNs, nowNs - lastNs);
            lastNs = nowNs;
        }
        System.out.println("longest gap " + longestNs / 1_000_000);
    }
}
