package dev.gatehouse.portal;

import dev.gatehouse.portal.hub.Admission;
import dev.gatehouse.portal.hub.HubAction;
import dev.gatehouse.portal.hub.PortalHub;
import dev.gatehouse.portal.store.StoreWriter;
import dev.gatehouse.transport.EventLog;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the hub on one event loop: one call in, all actions out, one timer armed.
///
/// Every method must be called on that loop.
final class HubLoop {
    private static final Logger LOG = LoggerFactory.getLogger(HubLoop.class);
    private static final int LINES_AT_ONCE_MAX = 200;
    private static final int WRITE_QUEUE_BYTES_MAX = 4 << 20;

    private final Vertx vertx;
    private final PortalHub hub;
    private final StoreWriter writer;
    private final PortalMetrics metrics;
    private final LongSupplier clock;
    private final EventLog events = new EventLog(LINES_AT_ONCE_MAX, LOG::info);
    private final Map<Long, ServerWebSocket> sockets = new HashMap<>();
    private long nextSessionId = 1;
    private long timerId = -1;

    /// @param clock ns since the process started
    HubLoop(
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
    }

    /// What a call into the hub needs: the hub and the present.
    interface HubCall {
        void run(PortalHub hub, long nowNs);
    }

    void run(HubCall call) {
        call.run(hub, clock.getAsLong());
        for (var action = hub.pollAction(); action != null; action = hub.pollAction()) {
            execute(action);
        }
        armTimer();
    }

    <T> T ask(Function<PortalHub, T> question) {
        return question.apply(hub);
    }

    Admission admit(dev.gatehouse.portal.hub.UpgradeRequest request) {
        return hub.handleUpgrade(request, clock.getAsLong());
    }

    void open(ServerWebSocket socket, Admission.Accepted peer) {
        long id = nextSessionId++;
        sockets.put(id, socket);
        socket.setWriteQueueMaxSize(WRITE_QUEUE_BYTES_MAX);
        socket.textMessageHandler(text -> run((h, now) -> h.handleText(id, text, now)));
        socket.exceptionHandler(e -> LOG.debug("session {} failed", id, e));
        socket.closeHandler(
                _ -> {
                    sockets.remove(id);
                    run((h, now) -> h.handleClosed(id, now));
                });
        run((h, now) -> h.handleOpened(id, peer, now));
    }

    private void execute(HubAction action) {
        switch (action) {
            case HubAction.Send(long id, var frame) -> send(id, frame.toString());
            case HubAction.Close(long id, var reason) -> close(id, reason);
            case HubAction.Audit(var event) -> {
                metrics.event(event.kind(), event.count());
                writer.write(action);
            }
            case HubAction.Report(var sentence) -> events.say(sentence, clock.getAsLong());
            case HubAction.SaveDevice _,
                    HubAction.SaveAuthorization _,
                    HubAction.DeleteAuthorization _,
                    HubAction.SaveBlock _,
                    HubAction.DeleteBlock _,
                    HubAction.SaveDisabled _,
                    HubAction.TokenUsed _ ->
                    writer.write(action);
        }
    }

    /// One message is one frame: peers need not put fragments together.
    private void send(long id, String text) {
        var socket = sockets.get(id);
        if (socket == null || socket.isClosed()) {
            return;
        }
        if (socket.writeQueueFull()) {
            close(id, "reads too slowly");
            return;
        }
        socket.writeFinalTextFrame(text);
    }

    private void close(long id, String reason) {
        var socket = sockets.remove(id);
        if (socket != null && !socket.isClosed()) {
            LOG.debug("session {} closed: {}", id, reason);
            socket.close();
        }
    }

    void closeAll() {
        run((h, _) -> h.handleStop());
        sockets.values().forEach(ServerWebSocket::close);
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
                            run(PortalHub::handleTimeout);
                            events.handleTimeout(clock.getAsLong());
                            metrics.observe(hub, events.leftOut());
                        });
    }
}
