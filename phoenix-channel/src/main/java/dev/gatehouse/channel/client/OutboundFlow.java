package dev.gatehouse.channel.client;

import io.vertx.core.http.WebSocket;
import java.util.concurrent.atomic.AtomicLong;

/// What waits in a socket for the portal to read it. Written to by one thread.
final class OutboundFlow {
    /// Peers send some hundred bytes at a time; a portal with so much to read has stopped reading.
    private static final long UNREAD_MAX = 4 << 20; // characters

    private final AtomicLong unread = new AtomicLong();

    boolean isFull() {
        return unread.get() > UNREAD_MAX;
    }

    void write(WebSocket socket, String text) {
        unread.addAndGet(text.length());
        socket.writeTextMessage(text).onComplete(_ -> unread.addAndGet(-text.length()));
    }
}
