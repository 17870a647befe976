package dev.gatehouse.dataplane.handover;

import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Events on their way from the shards to the one consumer; any thread may call.
///
/// Holds `capacity` events. One more drops the whole backlog, counts that, and from then on nothing
/// of a shard is taken until its [#offerSnapshot]: a consumer that lost something must begin anew.
/// The snapshot goes out when all shards have given their part; what those that gave it early tell
/// meanwhile follows.
public final class EventFeed {
    /// Who takes the events; called without a lock held, from a shard's thread.
    interface Consumer {
        /// Something can be polled, or a snapshot is wanted.
        void wake();

        /// Another consumer has taken over.
        void replaced();
    }

    private final long epoch;
    private final int capacity;
    private final ArrayDeque<Event> queue = new ArrayDeque<>();
    private final ShardStatus[] statuses;
    private final List<List<Snapshot>> given; // by shard; null: awaited
    private final List<Event> since = new ArrayList<>(); // of shards that have given their part
    private ShardStatus told = ShardStatus.STARTING;
    private String hostFault = ""; // empty: none
    private Consumer consumer;
    private boolean wantsSnapshot;
    private boolean snapshotRequested;
    private long overflows;

    /// @param epoch in every event
    /// @param shards that have to give their part of a snapshot
    public EventFeed(long epoch, int capacity, int shards) {
        this.epoch = epoch;
        this.capacity = capacity;
        statuses = new ShardStatus[shards];
        Arrays.fill(statuses, ShardStatus.STARTING);
        given = new ArrayList<>();
        for (int i = 0; i < shards; i++) {
            given.add(null);
        }
    }

    /// An event of ours, to be completed.
    Event.Builder event() {
        return Event.newBuilder().setEpoch(epoch);
    }

    /// Takes over from the consumer before, beginning with a snapshot.
    void subscribe(Consumer newConsumer) {
        Consumer old;
        synchronized (this) {
            old = consumer;
            consumer = newConsumer;
            beginAnew();
        }
        if (old != null) {
            old.replaced();
        }
        newConsumer.wake();
    }

    private void beginAnew() {
        queue.clear();
        given.replaceAll(_ -> null);
        since.clear();
        wantsSnapshot = true;
        snapshotRequested = false;
    }

    synchronized void unsubscribe(Consumer leaving) {
        if (consumer == leaving) {
            consumer = null;
            queue.clear();
        }
    }

    /// Whether there is a consumer that has this shard's part of a snapshot.
    synchronized boolean isFollowed(int shard) {
        return consumer != null && !isAwaited(shard);
    }

    private boolean isAwaited(int shard) {
        return wantsSnapshot && given.get(shard) == null;
    }

    void offer(int shard, Event event) {
        Consumer woken;
        synchronized (this) {
            if (consumer == null || isAwaited(shard)) {
                return; // the snapshot to come tells the same
            }
            add(event);
            woken = consumer;
        }
        woken.wake();
    }

    private void add(Event event) {
        var waiting = wantsSnapshot ? since : queue;
        if (waiting.size() >= capacity) {
            beginAnew();
            overflows++;
        } else {
            waiting.add(event);
        }
    }

    /// A shard's state, told at will; goes out when that of all together has changed.
    void offerStatus(int shard, ShardStatus status) {
        Consumer woken;
        synchronized (this) {
            statuses[shard] = status;
            if (consumer == null || wantsSnapshot || told.equals(combined())) {
                return; // a snapshot brings it, too
            }
            tellStatus();
            woken = consumer;
        }
        woken.wake();
    }

    /// Why the host passes no packets on; empty if it does.
    public void offerHostFault(String fault) {
        Consumer woken;
        synchronized (this) {
            if (hostFault.equals(fault)) {
                return;
            }
            hostFault = fault;
            if (consumer == null || wantsSnapshot) {
                return; // a snapshot brings it, too
            }
            tellStatus();
            woken = consumer;
        }
        woken.wake();
    }

    private void tellStatus() {
        told = combined();
        add(event().setStatus(told.toMessage(hostFault)).build());
    }

    private ShardStatus combined() {
        return ShardStatus.combined(Arrays.asList(statuses));
    }

    /// All state of a shard, in answer to [#takeSnapshotRequest].
    ///
    /// @param parts at least one
    /// @return false if nobody waits for it: what the shard told before is still what counts
    boolean offerSnapshot(int shard, List<Snapshot> parts, ShardStatus status) {
        Consumer woken;
        synchronized (this) {
            statuses[shard] = status;
            if (consumer == null || !isAwaited(shard)) {
                return false;
            }
            given.set(shard, List.copyOf(parts));
            if (given.contains(null)) {
                return true;
            }
            complete();
            woken = consumer;
        }
        woken.wake();
        return true;
    }

    private void complete() {
        var parts = given.stream().flatMap(List::stream).toList();
        queue.clear();
        for (int i = 0; i < parts.size(); i++) {
            var chunk =
                    SnapshotChunk.newBuilder()
                            .setFirst(i == 0)
                            .setLast(i == parts.size() - 1)
                            .setPart(parts.get(i));
            queue.add(event().setSnapshot(chunk).build());
        }
        told = combined();
        queue.add(event().setStatus(told.toMessage(hostFault)).build());
        queue.addAll(since);
        given.replaceAll(_ -> null);
        since.clear();
        wantsSnapshot = false;
        snapshotRequested = false;
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

    public synchronized long overflows() {
        return overflows;
    }
}
