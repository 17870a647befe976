package dev.gatehouse.dataplane.handover;

import dev.gatehouse.connectivity.peer.CandidateChanges;
import dev.gatehouse.dataplane.snapshot.GatewayCodec;
import dev.gatehouse.dataplane.snapshot.NatCodec;
import dev.gatehouse.dataplane.snapshot.SnapshotParts;
import dev.gatehouse.rpc.AuthorizationExpired;
import dev.gatehouse.rpc.ConnectionChanged;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.LocalCandidates;
import dev.gatehouse.rpc.NoRelays;
import java.util.function.Supplier;

/// Tells the control plane what happens: at once, but for changes of state, which are gathered for
/// a moment, and candidates, which are gathered for a turn. Owned by the shard's thread.
public final class EventReporter {
    static final long NEVER = Long.MAX_VALUE;

    /// Below the 100 ms that the contract allows.
    private static final long GATHER_NS = 80_000_000;

    private final int shard;
    private final EventFeed feed;
    private final CandidateChanges candidates = new CandidateChanges();
    private final ToldState told;
    private long flushAtNs = NEVER;

    public EventReporter(int shard, EventFeed feed) {
        this.shard = shard;
        this.feed = feed;
        told = new ToldState(shard);
    }

    /// The state or the status may have changed.
    public void touch(long nowNs) {
        if (flushAtNs == NEVER) {
            flushAtNs = nowNs + GATHER_NS;
        }
    }

    /// Whether anybody would hear of a change.
    public boolean isFollowed() {
        return feed.isFollowed(shard);
    }

    public long pollTimeout() {
        return flushAtNs;
    }

    /// @param changes of this shard's state since the last call
    public void handleTimeout(
            long nowNs, Supplier<ShardState.Changes> changes, ShardStatus status) {
        if (nowNs >= flushAtNs) {
            report(changes.get(), status);
        }
    }

    private void report(ShardState.Changes changes, ShardStatus status) {
        flushAtNs = NEVER;
        var delta = told.update(changes);
        if (feed.isFollowed(shard)) {
            delta.ifPresent(this::offerInParts);
            NatCodec.deltas(changes.translations(), shard)
                    .forEach(d -> offer(feed.event().setDelta(d)));
        }
        feed.offerStatus(shard, status);
    }

    /// What is removed is removed first. A message has a limit, the names of a client do not keep
    /// to it.
    private void offerInParts(Delta delta) {
        var removals = delta.toBuilder().clearChanged().setShard(shard);
        var parts = SnapshotParts.cut(delta.getChanged(), SnapshotParts.PART_BYTES_MAX);
        if (delta.hasChanged()) {
            removals.setChanged(parts.getFirst());
        }
        offer(feed.event().setDelta(removals));
        for (var part : parts.subList(1, parts.size())) {
            offer(feed.event().setDelta(Delta.newBuilder().setShard(shard).setChanged(part)));
        }
    }

    /// Tells everything, if it is asked for.
    ///
    /// @param changes of this shard's state since the last call of this or [#handleTimeout]
    public void sendSnapshot(ShardState.Changes changes, ShardStatus status) {
        report(changes, status);
        var parts = SnapshotParts.cut(told.whole(), SnapshotParts.PART_BYTES_MAX);
        if (feed.offerSnapshot(shard, parts, status)) {
            candidates.clear(); // the snapshot has them
        }
    }

    public void candidateAdded(String clientId, String sdp) {
        candidates.add(clientId, sdp);
    }

    public void candidateRemoved(String clientId, String sdp) {
        candidates.remove(clientId, sdp);
    }

    /// At the end of a turn.
    public void flushCandidates() {
        candidates.drainTo(
                (clientId, added, removed) ->
                        offer(
                                feed.event()
                                        .setLocalCandidates(
                                                LocalCandidates.newBuilder()
                                                        .setClientId(clientId)
                                                        .addAllAdded(added)
                                                        .addAllRemoved(removed))));
    }

    public void connectionChanged(
            String clientId, ConnectionChanged.State state, String reason, boolean relayed) {
        offer(
                feed.event()
                        .setConnection(
                                ConnectionChanged.newBuilder()
                                        .setClientId(clientId)
                                        .setState(state)
                                        .setReason(reason)
                                        .setRelayed(relayed)));
    }

    public void authorizationExpired(String clientId, String resourceId) {
        offer(
                feed.event()
                        .setAuthorizationExpired(
                                AuthorizationExpired.newBuilder()
                                        .setKey(GatewayCodec.key(clientId, resourceId))));
    }

    public void noRelays() {
        offer(feed.event().setNoRelays(NoRelays.getDefaultInstance()));
    }

    private void offer(Event.Builder event) {
        feed.offer(shard, event.build());
    }
}
