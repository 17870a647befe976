package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropCounters;
import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.connectivity.peer.State;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.AllocationEvent;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// Many peers: an ICE agent and a WireGuard tunnel for each, and a TURN allocation per relay.
///
/// Sans-IO and single-threaded: reads no clock, owns no socket. After each call that takes `nowNs`
/// drain [#pollTransmit] and [#pollEvent] until null, then wait for [#pollTimeout]. Nothing that a
/// peer or a relay sends makes it throw; what is dropped is counted in [#drops].
public final class Node {
    public static final long NEVER = Long.MAX_VALUE;

    /// Bytes: the longest IP packet inside the tunnel.
    public static final int PACKET_LENGTH_MAX = 1280;

    /// Bytes: the longest UDP payload, of relayed data: packet + 32 + 4.
    public static final int DATAGRAM_LENGTH_MAX = 1316;

    private final NodeContext context;
    private final Connections connections;
    private final Inbound inbound;
    private int generation; // of the relays, as last seen

    /// @param random a cryptographically strong source outside of tests
    public Node(NodeConfig config, RandomGenerator random) {
        context = new NodeContext(config, random);
        connections = new Connections(context.transactions());
        inbound = new Inbound(context, connections);
    }

    /// Brings the relays up to date, tunnel.md section 3.9. A known relay keeps its allocation,
    /// with new credentials too; one that is not named is asked at once whether it is still there.
    public void updateRelays(Set<String> removedIds, List<RelayInfo> added, long nowNs) {
        for (var id : new TreeSet<>(removedIds)) {
            context.relays().find(id).ifPresent(relay -> forget(relay, nowNs));
        }
        var mentioned = new TreeSet<String>();
        for (var relay : RelayInfo.mergedById(added)) {
            mentioned.add(relay.id());
            context.relays().put(relay, nowNs).ifPresent(old -> drainEvents(old, nowNs));
        }
        for (var relay : context.relays().list()) {
            if (!mentioned.contains(relay.id())) {
                relay.refreshNow(nowNs);
            }
        }
        settleRelays(nowNs);
    }

    /// Addresses of sockets of ours that relays have answered on, without duplicates, in order.
    public List<IpAddress> hostAddresses() {
        return context.relays().list().stream()
                .flatMap(relay -> relay.hostAddresses().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /// Addresses or routes of the host have changed. Relays are asked at once how they see us; what
    /// was found behind an address that is gone is taken back when another one is known to work.
    ///
    /// @param gone those of [#hostAddresses] that the host has no more
    public void handleNetworkChange(List<IpAddress> gone, long nowNs) {
        for (var relay : context.relays().list()) {
            relay.handleNetworkChange(gone, nowNs);
        }
        settleRelays(nowNs);
    }

    private void forget(Allocation relay, long nowNs) {
        context.relays().remove(relay);
        drainEvents(relay, nowNs);
    }

    /// Makes a connection, or confirms the one there is: the same keys and credentials change
    /// nothing, but leave idle mode and tell all candidates again (tunnel.md section 9.1).
    public Upsert upsertConnection(
            String peerId,
            PublicKey key,
            PresharedKey psk,
            IceCredentials local,
            IceCredentials remote,
            long nowNs) {
        var keys = new Connection.PeerKeys(peerId, key, psk, local, remote);
        var old = connections.byPeerId(peerId);
        if (old != null && old.isSame(keys)) {
            old.reuse(nowNs);
            settle(old, nowNs);
            return Upsert.REUSED;
        }
        var relay = context.relays().sample();
        if (relay.isEmpty()) {
            context.events().add(new NodeEvent.NoRelays());
            return Upsert.NO_RELAYS;
        }
        if (old != null) {
            connections.remove(old, nowNs);
        }
        int id = connections.freeConnectionId(context.random());
        var connection = Connection.create(context, keys, id, relay.get(), nowNs);
        connections.add(connection);
        settle(connection, nowNs);
        return Upsert.CREATED;
    }

    /// Adds addresses that the peer signalled in one message. Ignored if there is no connection to
    /// the peer; counted, if the message or the peer names too many.
    public void addRemoteCandidates(String peerId, List<String> candidates, long nowNs) {
        handleCandidates(peerId, candidates, Connection::addRemote, nowNs);
    }

    /// Adds one address that the peer signalled.
    public void addRemoteCandidate(String peerId, String candidate, long nowNs) {
        addRemoteCandidates(peerId, List.of(candidate), nowNs);
    }

    /// Forgets addresses that the peer withdrew in one message.
    public void removeRemoteCandidates(String peerId, List<String> candidates, long nowNs) {
        handleCandidates(peerId, candidates, Connection::removeRemote, nowNs);
    }

    /// Forgets one address that the peer withdrew.
    public void removeRemoteCandidate(String peerId, String candidate, long nowNs) {
        removeRemoteCandidates(peerId, List.of(candidate), nowNs);
    }

    private interface CandidateAction {
        void handle(Connection connection, Candidate candidate, long nowNs);
    }

    private void handleCandidates(
            String peerId, List<String> candidates, CandidateAction action, long nowNs) {
        var connection = connections.byPeerId(peerId);
        if (connection == null) {
            context.drops().count(DropReason.CANDIDATE_WITHOUT_CONNECTION, candidates.size());
            return;
        }
        int admitted = connection.limits().candidates(candidates.size(), nowNs);
        for (var text : candidates.subList(0, admitted)) {
            parse(text).ifPresent(c -> action.handle(connection, c, nowNs));
        }
        connection.handleCandidatesEnd(nowNs);
        settle(connection, nowNs);
    }

    private Optional<Candidate> parse(String text) {
        var candidate = Candidate.parse(text);
        if (candidate.isEmpty()) {
            context.drops().count(DropReason.CANDIDATE_INVALID);
        }
        return candidate;
    }

    /// Forgets the peer; nothing is sent and no event tells.
    public void closeConnection(String peerId, long nowNs) {
        var connection = connections.byPeerId(peerId);
        if (connection != null) {
            connections.remove(connection, nowNs);
        }
    }

    /// Takes what came from one remote endpoint. Overwrites the batch: packets are opened in place.
    public void handleDatagrams(DatagramBatch in, PlaintextSink sink, long nowNs) {
        inbound.handleDatagrams(in, sink, nowNs);
        settleRelays(nowNs);
    }

    /// Seals packets `from` to `from + count` for the peer and queues them; skips lengths of 0 or
    /// less. A client keeps packets until there is a path and a session; a gateway drops them, but
    /// for those that a handshake of its own is under way for.
    ///
    /// @return packets taken. Fewer than `count`: the send buffer is full; drain [#pollTransmit]
    ///     and call again for the rest. 0 after a drain: no path; packets dropped and counted
    public int encapsulate(String peerId, PacketBatch packets, int from, int count, long nowNs) {
        var connection = connections.byPeerId(peerId);
        if (connection == null) {
            context.drops().count(DropReason.NO_PATH, count);
            return 0;
        }
        dropLongOnes(packets, from, count);
        int taken = connection.encapsulate(packets, from, count, nowNs);
        settle(connection, nowNs);
        return taken;
    }

    private void dropLongOnes(PacketBatch packets, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (packets.length(i) > PACKET_LENGTH_MAX) {
                packets.set(i, packets.offset(i), 0);
                context.drops().count(DropReason.PACKET_TOO_LONG);
            }
        }
    }

    /// True once a path to the peer was nominated.
    public boolean hasPath(String peerId) {
        var connection = connections.byPeerId(peerId);
        return connection != null && connection.state().hasPath();
    }

    public Optional<PathInfo> path(String peerId) {
        return hasPath(peerId)
                ? Optional.of(connections.byPeerId(peerId).state().path().info())
                : Optional.empty();
    }

    /// Peers with a connection, in order.
    public List<String> peerIds() {
        return connections.list().stream().map(Connection::peerId).toList();
    }

    /// How many peers have a connection.
    public int peers() {
        return connections.size();
    }

    public boolean hasPeer(String peerId) {
        return connections.byPeerId(peerId) != null;
    }

    /// All relays, in order.
    public List<String> relayIds() {
        return context.relays().list().stream().map(Allocation::id).toList();
    }

    /// Relays that granted an allocation that still stands, in order.
    public List<String> readyRelayIds() {
        return context.relays().list().stream()
                .filter(Allocation::isAllocated)
                .map(Allocation::id)
                .toList();
    }

    public DropCounters drops() {
        return context.drops();
    }

    public void handleTimeout(long nowNs) {
        context.relays().handleTimeout(nowNs);
        settleRelays(nowNs);
        for (var connection : connections.due(nowNs)) {
            connection.handleTimeout(nowNs);
            settle(connection, nowNs);
        }
    }

    /// The next `nowNs` at which [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        return Math.min(context.relays().pollTimeout(), connections.nextDeadlineNs());
    }

    /// What to send next, a view that is valid until the next call of any method; or null.
    public Transmit pollTransmit() {
        return context.outbox().poll();
    }

    /// The next event, or null.
    public NodeEvent pollEvent() {
        return context.events().poll();
    }

    /// After work on one connection: forgets it if it failed, and looks after the relays, which it
    /// may have asked for channels.
    private void settle(Connection connection, long nowNs) {
        if (connections.byPeerId(connection.peerId()) == connection) {
            forgetIfFailed(connection, nowNs);
        }
        settleRelays(nowNs);
    }

    private void forgetIfFailed(Connection connection, long nowNs) {
        if (connection.state() instanceof State.Failed(var reason)) {
            connections.remove(connection, nowNs);
            context.events().add(new NodeEvent.Failed(connection.peerId(), reason));
        } else {
            connections.settled(connection);
        }
    }

    /// Sends what the TURN clients ask for, tells what they learned, and forgets dead relays.
    private void settleRelays(long nowNs) {
        for (var relay : context.relays().list()) {
            context.relays().flush(relay);
            drainEvents(relay, nowNs);
            context.relays().settled(relay);
            if (relay.isFreed()) {
                forget(relay, nowNs);
            }
        }
        if (generation != context.relays().generation()) {
            generation = context.relays().generation();
            handleOtherRelays(nowNs);
        }
    }

    /// A relay came or went: connections without one select another.
    private void handleOtherRelays(long nowNs) {
        if (context.relays().isEmpty()) {
            context.events().add(new NodeEvent.NoRelays());
            return;
        }
        for (var connection : connections.list()) {
            connection.ensureRelay(nowNs);
            forgetIfFailed(connection, nowNs);
        }
        context.relays().list().forEach(context.relays()::flush);
    }

    private void drainEvents(Allocation relay, long nowNs) {
        for (var event = relay.pollEvent(); event != null; event = relay.pollEvent()) {
            if (event instanceof AllocationEvent.Allocated) {
                context.events().add(new NodeEvent.RelayReady(relay.id()));
            }
            for (var connection : connections.list()) {
                connection.handleRelayEvent(relay, event, nowNs);
                forgetIfFailed(connection, nowNs);
            }
        }
    }

    /// What a successor of this process needs. The node's own keys are not in it.
    public NodeSnapshot snapshot(long nowNs) {
        return snapshot(everything(), nowNs);
    }

    /// As much of [#snapshot] as `of` names, in that order.
    public NodeSnapshot snapshot(NodeChanges of, long nowNs) {
        return new NodeSnapshot(
                context.config().unixOriginNs() + nowNs,
                of.relayIds().stream()
                        .flatMap(id -> context.relays().find(id).stream())
                        .map(relay -> relay.snapshot(nowNs))
                        .toList(),
                of.peerIds().stream()
                        .map(connections::byPeerId)
                        .filter(Objects::nonNull)
                        .map(Connection::snapshot)
                        .toList());
    }

    private NodeChanges everything() {
        return new NodeChanges(relayIds(), peerIds());
    }

    /// Whether [#takeChanges] has something to tell. Runs per batch.
    public boolean hasChanges() {
        var relays = context.relays().changes();
        return !relays.isRead() || !relays.isEmpty() || !connections.changes().isEmpty();
    }

    /// What of [#snapshot] may differ from what it was at the last call; all of it at the first.
    public NodeChanges takeChanges() {
        boolean isFirst = !context.relays().changes().isRead();
        var changes =
                new NodeChanges(context.relays().changes().take(), connections.changes().take());
        return isFirst ? everything() : changes;
    }

    /// Goes on where another process stopped; call once, before anything else. Allocations are
    /// refreshed at once, paths stay in use, and a handshake with each peer that had one begins.
    public void restore(NodeSnapshot snapshot, long nowNs) {
        long elapsedNs =
                Math.max(0, context.config().unixOriginNs() + nowNs - snapshot.takenAtUnixNs());
        for (var relay : snapshot.relays()) {
            context.relays().restore(relay.aged(elapsedNs), nowNs);
        }
        for (var peer : snapshot.peers()) {
            connections.add(Connection.restore(context, peer, nowNs));
        }
        settleRelays(nowNs);
    }
}
