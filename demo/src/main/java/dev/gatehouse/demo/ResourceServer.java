package dev.gatehouse.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/// The private web server of the lab.
///
/// `/` tells who asked; `/bytes/N` sends N bytes that depend on N alone; `/paced/N/RATE` the same
/// at RATE bytes a second, a piece every few milliseconds.
final class ResourceServer {
    private static final int PIECE_LENGTH = 1 << 16;

    private ResourceServer() {}

    public static void main(String[] ports) throws IOException {
        for (String port : ports) {
            var server = HttpServer.create(new InetSocketAddress("::", Integer.parseInt(port)), 64);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", ResourceServer::handle);
            server.start();
        }
        System.out.println("serving");
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/");
            if (path.length < 3) {
                greet(exchange);
                return;
            }
            long rate = path.length > 3 ? Long.parseLong(path[3]) : Long.MAX_VALUE;
            send(exchange, Long.parseLong(path[2]), rate);
        }
    }

    private static void greet(HttpExchange exchange) throws IOException {
        var remote = exchange.getRemoteAddress().getAddress().getHostAddress();
        var text = "hello from the private web server; you are " + remote + "\n";
        exchange.sendResponseHeaders(200, text.length());
        exchange.getResponseBody().write(text.getBytes());
    }

    private static void send(HttpExchange exchange, long length, long rate) throws IOException {
        exchange.sendResponseHeaders(200, length);
        var piece = pieceOf(length);
        var body = exchange.getResponseBody();
        long started = System.nanoTime();
        for (long sent = 0; sent < length; ) {
            int next = (int) Math.min(PIECE_LENGTH, length - sent);
            body.write(piece, 0, next);
            sent += next;
            double dueNs = rate == Long.MAX_VALUE ? 0 : sent * 1e9 / rate;
            LockSupport.parkNanos(started + (long) dueNs - System.nanoTime());
        }
    }

    /// The piece that, repeated, makes a body of `length` bytes.
    static byte[] pieceOf(long length) {
        var piece = new byte[PIECE_LENGTH];
        new SplittableRandom(length).nextBytes(piece);
        return piece;
    }
}
