package dev.gatehouse.containers.site;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/// The private web server: `/` tells who asked, `/N/RATE` sends N bytes at RATE bytes a second.
///
/// Its log has a line [#BEGAN] once a body is on its way and [#DONE] when it is out.
final class WebServer {
    static final String BEGAN = "body began";
    static final String DONE = "body is out";

    private static final int PIECE_LENGTH = 1 << 14;

    private WebServer() {}

    public static void main(String[] ports) throws IOException {
        for (String port : ports) {
            var server = HttpServer.create(new InetSocketAddress(Integer.parseInt(port)), 64);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", WebServer::handle);
            server.start();
        }
        System.out.println("serving");
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/");
            if (path.length == 3) {
                send(exchange, Long.parseLong(path[1]), Long.parseLong(path[2]));
                return;
            }
            var text = exchange.getRemoteAddress().getAddress().getHostAddress() + "\n";
            exchange.sendResponseHeaders(200, text.length());
            exchange.getResponseBody().write(text.getBytes());
        }
    }

    private static void send(HttpExchange exchange, long length, long rate) throws IOException {
        exchange.sendResponseHeaders(200, length);
        var piece = new byte[PIECE_LENGTH];
        long startedNs = System.nanoTime();
        for (long sent = 0; sent < length; ) {
            int next = (int) Math.min(PIECE_LENGTH, length - sent);
            for (int i = 0; i < next; i++) {
                piece[i] = byteAt(sent + i);
            }
            exchange.getResponseBody().write(piece, 0, next);
            if (sent == 0) {
                System.out.println(BEGAN);
            }
            sent += next;
            LockSupport.parkNanos(startedNs + sent * 1_000_000_000L / rate - System.nanoTime());
        }
        System.out.println(DONE);
    }

    /// The byte at a place of every body.
    static byte byteAt(long offset) {
        return (byte) (offset * 0x9E37_79B9_7F4A_7C15L >>> 56);
    }
}
