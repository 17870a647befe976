package dev.gatehouse.portal.loop;

import dev.gatehouse.portal.state.HubAction.Urgency;
import dev.gatehouse.wire.TokenBucket;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;

/// One peer's WebSocket, and what waits in it until the peer reads. Owned by the hub's loop.
final class PeerSocket {
    /// A peer with so much to read is not served: its answers would be more of it.
    static final long UNREAD_MAX = 256 << 10;

    /// Beyond it candidates are dropped. The `init` of a gateway with 1,000 clients and 100
    /// resources each has 14 MB.
    static final long CHATTER_MAX = 16 << 20;

    /// Beyond it a peer is cut off.
    static final long STATE_MAX = 64 << 20;

    private static final long ANSWER_LIMIT_MS = 1_000;
    private static final long FLUSH_LIMIT_MS = 5_000;

    /// Peers send one frame a message, and neither pings nor binary frames.
    private static final int ODD_FRAMES_PER_SECOND = 50;

    private static final int ODD_FRAMES_BURST = 1_000;

    private final ServerWebSocket socket;
    private final TokenBucket oddFrames = new TokenBucket(ODD_FRAMES_PER_SECOND, ODD_FRAMES_BURST);
    private final UnreadBytes all;
    private long unread; // characters, nearly all of them one byte
    private long progressAtNs;
    private boolean served = true;

    /// What waits for all peers together.
    static final class UnreadBytes {
        private long sum;

        long sum() {
            return sum;
        }
    }

    PeerSocket(ServerWebSocket socket, UnreadBytes all, long nowNs) {
        this.socket = socket;
        this.all = all;
        this.progressAtNs = nowNs;
    }

    /// One message is one frame: peers need not put fragments together.
    ///
    /// @param written runs when the peer's system has it
    void write(String text, Runnable written) {
        int length = text.length();
        unread += length;
        all.sum += length;
        socket.writeFinalTextFrame(text)
                .onComplete(
                        _ -> {
                            unread -= length;
                            all.sum -= length;
                            written.run();
                        });
    }

    boolean hasRoom(Urgency urgency) {
        return unread < (urgency == Urgency.CHATTER ? CHATTER_MAX : STATE_MAX);
    }

    void handleProgress(long nowNs) {
        progressAtNs = nowNs;
    }

    /// Whether nothing was taken since then, though there is much.
    boolean isStalledSince(long ns) {
        return unread > UNREAD_MAX && progressAtNs <= ns;
    }

    long unread() {
        return unread;
    }

    /// Returns true if it changed that the peer is served; see [#isServed].
    boolean isTurned() {
        boolean next = served ? unread <= UNREAD_MAX : unread <= UNREAD_MAX / 2;
        boolean turned = next != served;
        served = next;
        return turned;
    }

    boolean isServed() {
        return served;
    }

    boolean takeOddFrame(long nowNs) {
        return oddFrames.take(nowNs);
    }

    boolean isClosed() {
        return socket.isClosed();
    }

    void pause() {
        socket.pause();
    }

    void resume() {
        socket.resume();
    }

    /// Closes with a close frame. Whoever does not answer it soon loses its TCP connection: it
    /// could go on sending what nobody needs, or read nothing.
    void close(Vertx vertx) {
        if (socket.isClosed()) {
            return;
        }
        socket.close();
        // Not through the pipeline, where it would wait for the peer, too.
        var channel = ((WebSocketInternal) socket).channelHandlerContext().channel();
        vertx.setTimer(
                unread > 0 ? FLUSH_LIMIT_MS : ANSWER_LIMIT_MS,
                _ -> channel.unsafe().close(channel.newPromise()));
    }
}
