package dev.gatehouse.channel.client;

import io.vertx.core.Context;
import io.vertx.core.http.WebSocket;
import java.util.concurrent.atomic.AtomicInteger;

/// Lets a portal send no faster than its messages are handled: what waits between the socket's
/// event loop and ours is limited, the rest stays in the TCP connection.
///
/// [#handleIn] is called on the socket's event loop, [#handleDone] on any thread.
final class InboundFlow {
    private static final int WAITING_MAX = 64;

    private final Context socketContext;
    private final WebSocket socket;
    private final AtomicInteger waiting = new AtomicInteger();

    /// @param socketContext of the socket's event loop
    InboundFlow(Context socketContext, WebSocket socket) {
        this.socketContext = socketContext;
        this.socket = socket;
    }

    void handleIn() {
        if (waiting.incrementAndGet() == WAITING_MAX) {
            socket.pause();
        }
    }

    void handleDone() {
        if (waiting.decrementAndGet() == WAITING_MAX / 2) {
            socketContext.runOnContext(_ -> socket.resume());
        }
    }
}
