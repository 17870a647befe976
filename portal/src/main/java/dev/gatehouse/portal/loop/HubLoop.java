package dev.gatehouse.portal.loop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.PortalHub;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.store.StoreWriter;
import dev.gatehouse.transport.process.EventLog;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the hub on one event loop: calls in, all actions out, one timer armed. Frames wait in the
/// hub and are served for 2 ms at a time, so that the loop hears of others in between.
///
/// Every method must be called on that loop.
public final class HubLoop {
    private static final Logger LOG = LoggerFactory.getLogger(HubLoop.class);
    private static final int LINES_AT_ONCE_MAX = 200;
    private static final long SLICE_NS = Duration.ofMillis(2).toNanos();
    private static final long STALLED_MAX_NS = Duration.ofSeconds(30).toNanos();
    private static final long UNREAD_SHARE = 4; // of the heap, for all peers together

    private final Vertx vertx;
    private final PortalHub hub;
    private final StoreWriter writer;
    private final PortalMetrics metrics;
    private final LongSupplier clock;
    private final EventLog events = new EventLog(LINES_AT_ONCE_MAX, LOG::info);
    private final Map<Long, PeerSocket> sockets = new HashMap<>();
    private final PeerSocket.UnreadBytes unread = new PeerSocket.UnreadBytes();
    private final long unreadMax = Runtime.getRuntime().maxMemory() / UNREAD_SHARE;
    private long nextSessionId = 1;
    private long timerId = -1;
    private boolean serving;

    /// @param clock ns since the process started
    public HubLoop(
            Vertx vertx,
            PortalHub hub,
            StoreWriter writer,
            PortalMetrics metrics,
            LongSupplier clock) {
        this.vertx = vertx;
        this.hub = hub;
        this.writer = writer;
        this.metrics = metrics;
        this.clock = clock;
        metrics.bind(hub.counters(), writer);
    }

    /// What a call into the hub needs: the hub and the present.
    public interface HubCall {
        void run(PortalHub hub, long nowNs);
    }

    public void run(HubCall call) {
        call.run(hub, clock.getAsLong());
        drain();
        serveSoon();
        armTimer();
    }

    private void drain() {
        for (var action = hub.pollAction(); action != null; action = hub.pollAction()) {
            execute(action);
        }
    }

    private void serveSoon() {
        if (!serving && hub.hasTurn(clock.getAsLong())) {
            serving = true;
            vertx.runOnContext(_ -> serve());
        }
    }

    private void serve() {
        serving = false;
        hub.handleStore(writer.isBehind());
        long beganNs = clock.getAsLong();
        long nowNs = beganNs;
        while (nowNs - beganNs < SLICE_NS && hub.serve(nowNs)) {
            drain();
            nowNs = clock.getAsLong();
        }
        serveSoon();
        armTimer();
    }

    public <T> T ask(Function<PortalHub, T> question) {
        return question.apply(hub);
    }

    public Admission admit(dev.gatehouse.portal.hub.admission.UpgradeRequest request) {
        return hub.handleUpgrade(request, clock.getAsLong());
    }

    public void open(ServerWebSocket socket, Identity peer) {
        long id = nextSessionId++;
        var peerSocket = new PeerSocket(socket, unread, clock.getAsLong());
        sockets.put(id, peerSocket);
        socket.textMessageHandler(text -> offer(id, peerSocket, text));
        socket.frameHandler(frame -> handleFrame(id, peerSocket, frame));
        socket.exceptionHandler(failure -> handleFailure(id, failure));
        socket.closeHandler(
                _ -> {
                    sockets.remove(id);
                    run((h, now) -> h.handleClosed(id, now));
                });
        run((h, now) -> h.handleOpened(id, peer, now));
    }

    private void offer(long id, PeerSocket socket, String text) {
        if (!hub.offer(id, text, clock.getAsLong())) {
            socket.pause();
        }
        serveSoon();
    }

    /// Pings are answered by the library, so their number is limited, too.
    private void handleFrame(long id, PeerSocket socket, WebSocketFrame frame) {
        boolean odd = !frame.isClose() && !(frame.isText() && frame.isFinal());
        if (odd && !socket.takeOddFrame(clock.getAsLong())) {
            limit(id, Limit.ODD_FRAMES, "sends too many pings, pieces or binary frames");
        }
    }

    private void handleFailure(long id, Throwable failure) {
        LOG.debug("session {} failed", id, failure);
        boolean isTooLong =
                failure instanceof IllegalStateException
                        || failure instanceof CorruptedWebSocketFrameException;
        if (isTooLong) {
            limit(id, Limit.MESSAGE_LENGTH, "frame is too long");
        }
    }

    private void limit(long id, Limit limit, String reason) {
        run((h, now) -> h.handleLimit(id, limit, reason, now));
    }

    private void execute(HubAction action) {
        switch (action) {
            case HubAction.Send(long id, var frame, var urgency) -> send(id, frame, urgency);
            case HubAction.Resume(long id) ->
                    Optional.ofNullable(sockets.get(id)).ifPresent(PeerSocket::resume);
            case HubAction.Close(long id, var reason) -> close(id, reason);
            case HubAction.Audit(var event) -> {
                metrics.event(event.kind(), event.count());
                writer.write(action);
            }
            case HubAction.Report(var sentence) -> events.say(sentence, clock.getAsLong());
            case HubAction.SaveDevice _,
                    HubAction.DeleteDevice _,
                    HubAction.SaveAuthorization _,
                    HubAction.DeleteAuthorization _,
                    HubAction.SaveBlock _,
                    HubAction.DeleteBlock _,
                    HubAction.SaveDisabled _,
                    HubAction.TokenUsed _ ->
                    writer.write(action);
        }
    }

    private void send(long id, ObjectNode frame, HubAction.Urgency urgency) {
        var socket = sockets.get(id);
        if (socket == null || socket.isClosed()) {
            return;
        }
        if (socket.hasRoom(urgency)) {
            socket.write(frame.toString(), () -> handleWritten(id, socket));
            tellReading(id, socket);
        } else if (urgency == HubAction.Urgency.CHATTER) {
            hub.counters().met(Limit.CANDIDATES_UNREAD);
        } else {
            hub.handleLimit(id, Limit.SLOW_READER, "reads too slowly", clock.getAsLong());
        }
    }

    private void handleWritten(long id, PeerSocket socket) {
        socket.handleProgress(clock.getAsLong());
        tellReading(id, socket);
        serveSoon();
    }

    private void tellReading(long id, PeerSocket socket) {
        if (socket.isTurned()) {
            hub.handleReading(id, socket.isServed(), clock.getAsLong());
        }
    }

    private void close(long id, String reason) {
        var socket = sockets.remove(id);
        if (socket != null && !socket.isClosed()) {
            LOG.debug("session {} closed: {}", id, reason);
            socket.close(vertx);
        }
    }

    public void closeAll() {
        run((h, _) -> h.handleStop());
        sockets.values().forEach(s -> s.close(vertx));
        sockets.clear();
    }

    private void armTimer() {
        if (timerId >= 0) {
            vertx.cancelTimer(timerId);
        }
        long delayNs = Math.max(0, hub.pollTimeout() - clock.getAsLong());
        long delayMs = Math.max(1, TimeUnit.NANOSECONDS.toMillis(delayNs) + 1);
        timerId =
                vertx.setTimer(
                        delayMs,
                        _ -> {
                            timerId = -1;
                            handleTimeout(clock.getAsLong());
                        });
    }

    private void handleTimeout(long nowNs) {
        if (hub.isScanDue(nowNs)) {
            cutOffSlowReaders(nowNs);
            metrics.observe(hub, events.leftOut(), unread.sum());
        }
        events.handleTimeout(nowNs);
        run(PortalHub::handleTimeout);
    }

    private void cutOffSlowReaders(long nowNs) {
        var slow = new ArrayList<Long>();
        sockets.forEach(
                (id, socket) -> {
                    if (socket.isStalledSince(nowNs - STALLED_MAX_NS)) {
                        slow.add(id);
                    }
                });
        if (slow.isEmpty() && unread.sum() > unreadMax) {
            sockets.entrySet().stream()
                    .max(Comparator.comparingLong(e -> e.getValue().unread()))
                    .ifPresent(e -> slow.add(e.getKey()));
        }
        slow.forEach(id -> hub.handleLimit(id, Limit.SLOW_READER, "reads too slowly", nowNs));
    }
}
