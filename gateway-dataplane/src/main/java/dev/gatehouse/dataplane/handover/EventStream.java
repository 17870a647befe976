package dev.gatehouse.dataplane.handover;

import dev.gatehouse.rpc.Event;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.streams.WriteStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// One `Events` call: moves what the feed holds into the response as fast as the client reads.
public final class EventStream implements EventFeed.Consumer {
    private static final long RETRY_MS = 50;

    private final Vertx vertx;
    private final Context context;
    private final EventFeed feed;
    private final BooleanSupplier askSnapshot;
    private final WriteStream<Event> response;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private boolean ended;

    /// @param askSnapshot asks every shard for its part; false if any was behind
    public EventStream(
            Vertx vertx, EventFeed feed, BooleanSupplier askSnapshot, WriteStream<Event> response) {
        this.vertx = vertx;
        context = vertx.getOrCreateContext();
        this.feed = feed;
        this.askSnapshot = askSnapshot;
        this.response = response;
    }

    public void start() {
        response.drainHandler(_ -> drain());
        response.exceptionHandler(_ -> leave());
        feed.subscribe(this);
    }

    private void leave() {
        ended = true;
        feed.unsubscribe(this);
    }

    @Override
    public void wake() {
        if (scheduled.compareAndSet(false, true)) {
            context.runOnContext(_ -> drain());
        }
    }

    @Override
    public void replaced() {
        context.runOnContext(
                _ -> {
                    if (!ended) {
                        ended = true;
                        response.end();
                    }
                });
    }

    private void drain() {
        scheduled.set(false);
        while (!ended && !response.writeQueueFull()) {
            var event = feed.poll(this);
            if (event.isEmpty()) {
                requestSnapshotIfWanted();
                return;
            }
            response.write(event.get()).onFailure(_ -> leave());
        }
    }

    private void requestSnapshotIfWanted() {
        if (feed.takeSnapshotRequest(this) && !askSnapshot.getAsBoolean()) {
            feed.returnSnapshotRequest();
            vertx.setTimer(RETRY_MS, _ -> wake());
        }
    }
}
