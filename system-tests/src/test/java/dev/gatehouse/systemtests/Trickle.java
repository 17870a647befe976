package dev.gatehouse.systemtests;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// Either end of a stream that never pauses: one sends a little every 5 ms, the other only listens
/// and prints the longest time in which nothing came. A program of its own, as it runs on several
/// simulated machines.
final class Trickle {
    private static final int PORT = 80;
    private static final int PIECE_LENGTH = 1_000;
    private static final long EVERY_MS = 5;
    private static final int PATIENCE_MS = 20_000;

    private Trickle() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "serve" -> serve();
            case "listen" -> listen(arguments[1], Long.parseLong(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void serve() throws IOException {
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

    /// Ends after `seconds`, or with a failure when nothing comes for 20 s.
    private static void listen(String host, long seconds) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, PORT), PATIENCE_MS);
            socket.setSoTimeout(PATIENCE_MS);
            var buffer = new byte[1 << 16];
            long longestNs = 0;
            long beganNs = System.nanoTime();
            long lastNs = beganNs;
            while (lastNs - beganNs < seconds * 1_000_000_000L) {
                if (socket.getInputStream().read(buffer) < 0) {
                    throw new IOException("the other end hung up");
                }
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
}
