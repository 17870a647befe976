package dev.gatehouse.dataplane;

import dev.gatehouse.rpc.AuthorizationExpired;
import dev.gatehouse.rpc.ConnectionChanged;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.LocalCandidates;
import dev.gatehouse.rpc.NoRelays;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import dev.gatehouse.rpc.Status;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/// Tells the control plane what happens: at once, but for changes of state, which are gathered for
/// a moment, and candidates, which are gathered for a turn. Owned by the shard's thread.
final class EventReporter {
    static final long NEVER = Long.MAX_VALUE;

    /// Below the 100 ms that the contract allows.
    private static final long GATHER_NS = 80_000_000;

    private final long epoch;
    private final EventFeed feed;
    private final Map<String, LocalCandidates.Builder> candidates = new TreeMap<>();
    private final Set<String> again = new TreeSet<>();
    private Snapshot told = Snapshot.getDefaultInstance();
    private Status toldStatus = Status.getDefaultInstance();
    private long flushAtNs = NEVER;

    EventReporter(long epoch, EventFeed feed) {
        this.epoch = epoch;
        this.feed = feed;
    }

    /// Something of the snapshot may have changed.
    void touch(long nowNs) {
        if (flushAtNs == NEVER) {
            flushAtNs = nowNs + GATHER_NS;
        }
    }

    /// A client was authorised, perhaps again: the control plane forgets at a revocation what it
    /// had, so it is told all of it, even if nothing differs from what it was last told.
    void authorized(String clientId, long nowNs) {
        again.add(clientId);
        touch(nowNs);
    }

    long pollTimeout() {
        return flushAtNs;
    }

    void handleTimeout(long nowNs, Supplier<Snapshot> state, Status status) {
        if (nowNs < flushAtNs) {
            return;
        }
        flushAtNs = NEVER;
        if (!feed.isFollowed()) {
            return;
        }
        var next = state.get();
        var delta = SnapshotDiff.between(told, next, again);
        again.clear();
        delta.ifPresent(change -> feed.offer(event().setDelta(change).build()));
        told = next;
        if (!status.equals(toldStatus)) {
            toldStatus = status;
            feed.offer(event().setStatus(status).build());
        }
    }

    void sendSnapshot(Snapshot state, Status status) {
        told = state;
        toldStatus = status;
        again.clear();
        candidates.clear(); // the snapshot has them
        var parts = SnapshotParts.cut(state, SnapshotParts.PART_BYTES_MAX);
        var events = new ArrayList<Event>(parts.size() + 1);
        for (int i = 0; i < parts.size(); i++) {
            events.add(
                    event().setSnapshot(
                                    SnapshotChunk.newBuilder()
                                            .setFirst(i == 0)
                                            .setLast(i == parts.size() - 1)
                                            .setPart(parts.get(i)))
                            .build());
        }
        events.add(event().setStatus(status).build());
        feed.offerSnapshot(events);
    }

    void candidateAdded(String clientId, String sdp) {
        candidatesOf(clientId).addAdded(sdp);
    }

    void candidateRemoved(String clientId, String sdp) {
        candidatesOf(clientId).addRemoved(sdp);
    }

    private LocalCandidates.Builder candidatesOf(String clientId) {
        return candidates.computeIfAbsent(
                clientId, id -> LocalCandidates.newBuilder().setClientId(id));
    }

    /// At the end of a turn.
    void flushCandidates() {
        if (!candidates.isEmpty()) {
            candidates.values().forEach(c -> feed.offer(event().setLocalCandidates(c).build()));
            candidates.clear();
        }
    }

    void connectionChanged(
            String clientId, ConnectionChanged.State state, String reason, boolean relayed) {
        feed.offer(
                event().setConnection(
                                ConnectionChanged.newBuilder()
                                        .setClientId(clientId)
                                        .setState(state)
                                        .setReason(reason)
                                        .setRelayed(relayed))
                        .build());
    }

    void authorizationExpired(String clientId, String resourceId) {
        feed.offer(
                event().setAuthorizationExpired(
                                AuthorizationExpired.newBuilder()
                                        .setKey(GatewayCodec.key(clientId, resourceId)))
                        .build());
    }

    void noRelays() {
        feed.offer(event().setNoRelays(NoRelays.getDefaultInstance()).build());
    }

    private Event.Builder event() {
        return Event.newBuilder().setEpoch(epoch);
    }
}
