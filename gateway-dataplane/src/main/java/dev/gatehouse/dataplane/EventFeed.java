package dev.gatehouse.dataplane;

import dev.gatehouse.rpc.Event;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/// Events on their way from the shard to the one consumer; any thread may call.
///
/// Holds `capacity` events. One more drops the whole backlog, counts that, and from then on nothing
/// is taken until [#offerSnapshot]: a consumer that lost something must begin anew.
final class EventFeed {
    /// Who takes the events; called without a lock held, from the shard's thread.
    interface Consumer {
        /// Something can be polled, or a snapshot is wanted.
        void wake();

        /// Another consumer has taken over.
        void replaced();
    }

    private final int capacity;
    private final ArrayDeque<Event> queue = new ArrayDeque<>();
    private Consumer consumer;
    private boolean wantsSnapshot;
    private boolean snapshotRequested;
    private long overflows;

    EventFeed(int capacity) {
        this.capacity = capacity;
    }

    /// Takes over from the consumer before, beginning with a snapshot.
    void subscribe(Consumer newConsumer) {
        Consumer old;
        synchronized (this) {
            old = consumer;
            consumer = newConsumer;
            queue.clear();
            wantsSnapshot = true;
            snapshotRequested = false;
        }
        if (old != null) {
            old.replaced();
        }
        newConsumer.wake();
    }

    synchronized void unsubscribe(Consumer leaving) {
        if (consumer == leaving) {
            consumer = null;
            queue.clear();
        }
    }

    /// Whether there is a consumer that has its snapshot.
    synchronized boolean isFollowed() {
        return consumer != null && !wantsSnapshot;
    }

    void offer(Event event) {
        Consumer woken;
        synchronized (this) {
            if (consumer == null || wantsSnapshot) {
                return; // the snapshot to come tells the same
            }
            if (queue.size() >= capacity) {
                queue.clear();
                wantsSnapshot = true;
                snapshotRequested = false;
                overflows++;
            } else {
                queue.add(event);
            }
            woken = consumer;
        }
        woken.wake();
    }

    /// All state, in answer to [#takeSnapshotRequest].
    void offerSnapshot(List<Event> chunks) {
        Consumer woken;
        synchronized (this) {
            if (consumer == null || !wantsSnapshot) {
                return;
            }
            queue.clear();
            queue.addAll(chunks);
            wantsSnapshot = false;
            snapshotRequested = false;
            woken = consumer;
        }
        woken.wake();
    }

    /// Empty when nothing waits, or when `asking` is no longer the consumer.
    synchronized Optional<Event> poll(Consumer asking) {
        return asking == consumer ? Optional.ofNullable(queue.poll()) : Optional.empty();
    }

    /// True once for each snapshot that has to be asked for; the consumer asks when it has
    /// caught up.
    synchronized boolean takeSnapshotRequest(Consumer asking) {
        if (asking != consumer || !wantsSnapshot || snapshotRequested || !queue.isEmpty()) {
            return false;
        }
        snapshotRequested = true;
        return true;
    }

    /// The request could not be delivered: it may be taken again.
    synchronized void returnSnapshotRequest() {
        snapshotRequested = false;
    }

    synchronized long overflows() {
        return overflows;
    }
}
