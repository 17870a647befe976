package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.Path;
import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.connectivity.peer.FailureReason;
import dev.gatehouse.connectivity.peer.PeerLimits;
import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.connectivity.peer.State;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceAgent;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceEvent;
import dev.gatehouse.ice.IceState;
import dev.gatehouse.ice.IceTransmit;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.AllocationEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.TunnelEvent;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import java.time.Duration;

/// One peer: its ICE agent, its WireGuard tunnel, its relay, and what waits for either.
final class Connection {
    static final long NEVER = Long.MAX_VALUE;

    private static final long HANDSHAKE_SUPPRESSION_NS = Duration.ofSeconds(20).toNanos();

    private final NodeContext context;
    private final String peerId;
    private final PublicKey key;
    private final PresharedKey psk;
    private final int connectionId;
    private final IceAgent agent;
    private final WireGuardTunnel tunnel;
    private final CandidateExchange candidates;
    private final PathSender sender;
    private final PeerLimits limits;
    private final SelectedRelay relay;

    private State state = new State.Connecting();
    private int seenRevision = -1;
    private boolean wasConnected;
    private long lastActivityNs;
    private long heardNs;
    private IpAddress heardFrom; // null: nothing heard yet
    private long nominationHandshakeAtNs; // not before
    private long reuseHandshakeAtNs; // not before
    private long candidateDeadlineNs;
    private long disconnectDeadlineNs = NEVER;
    private long agentTimeoutNs;
    private long deadlineNs;
    int heapIndex = -1; // written by DeadlineHeap alone

    private Connection(
            NodeContext context,
            String peerId,
            PublicKey key,
            PresharedKey psk,
            int connectionId,
            IceAgent agent,
            long nowNs) {
        this.context = context;
        this.peerId = peerId;
        this.key = key;
        this.psk = psk;
        this.connectionId = connectionId;
        this.agent = agent;
        this.limits = new PeerLimits(context.drops());
        this.relay = new SelectedRelay(context.relays());
        var config = context.config();
        this.tunnel =
                new WireGuardTunnel(
                        config.keyPair(),
                        key,
                        psk,
                        connectionId,
                        config.policy(),
                        config.aead(),
                        context.random(),
                        config.unixOriginNs(),
                        nowNs);
        this.candidates = new CandidateExchange(context, peerId, agent);
        this.sender = new PathSender(context, tunnel);
        this.lastActivityNs = nowNs;
        this.nominationHandshakeAtNs = nowNs;
        this.reuseHandshakeAtNs = nowNs;
        this.candidateDeadlineNs = nowNs + config.iceTimeouts().candidateTimeoutNs();
    }

    static Connection create(
            NodeContext context, PeerKeys keys, int connectionId, Allocation relay, long nowNs) {
        var config = context.config();
        var agent =
                new IceAgent(
                        config.role(),
                        keys.local(),
                        keys.remote(),
                        config.iceTimeouts(),
                        context.random(),
                        nowNs);
        var connection =
                new Connection(
                        context, keys.peerId(), keys.key(), keys.psk(), connectionId, agent, nowNs);
        connection.relay.select(relay);
        connection.candidates.addKnown(relay, nowNs);
        connection.settle(nowNs);
        return connection;
    }

    static Connection restore(NodeContext context, PeerSnapshot snapshot, long nowNs) {
        var agent =
                IceAgent.restore(
                        snapshot.ice(), context.config().iceTimeouts(), context.random(), nowNs);
        var connection =
                new Connection(
                        context,
                        snapshot.peerId(),
                        snapshot.key(),
                        snapshot.psk(),
                        snapshot.connectionId(),
                        agent,
                        nowNs);
        connection.resume(snapshot, nowNs);
        return connection;
    }

    private void resume(PeerSnapshot snapshot, long nowNs) {
        tunnel.restore(snapshot.tunnel());
        relay.restore(snapshot.relayId());
        var ice = snapshot.ice();
        candidates.resume(ice.localCandidates(), ice.remoteCandidates(), nowNs);
        agent.nominated().ifPresent(nominated -> handleNominated(nominated, nowNs));
        if (state.hasPath()) {
            heardFrom(state.path().info().remote().address());
            tunnel.startHandshake(nowNs);
        }
        ensureRelay(nowNs);
        settle(nowNs);
    }

    PeerSnapshot snapshot() {
        return new PeerSnapshot(
                peerId, key, psk, connectionId, relay.id(), agent.snapshot(), tunnel.snapshot());
    }

    /// Whether [#snapshot] may differ from what it was at the last call; true at the first.
    boolean takeChanged() {
        int revision = agent.revision() + tunnel.revision() + relay.revision();
        boolean changed = revision != seenRevision;
        seenRevision = revision;
        return changed;
    }

    String peerId() {
        return peerId;
    }

    PublicKey key() {
        return key;
    }

    int connectionId() {
        return connectionId;
    }

    /// The USERNAME of requests to us.
    String username() {
        return agent.localCredentials().ufrag() + ':' + agent.remoteCredentials().ufrag();
    }

    boolean isSame(PeerKeys keys) {
        return key.equals(keys.key())
                && psk.equals(keys.psk())
                && agent.localCredentials().equals(keys.local())
                && agent.remoteCredentials().equals(keys.remote());
    }

    State state() {
        return state;
    }

    /// Asked for again by the portal: leaves idle mode and signals every candidate again. A client
    /// begins a handshake, for the gateway may have lost its half; at most one in 20 s.
    void reuse(long nowNs) {
        touch(nowNs);
        candidates.signalAll();
        boolean isDue = nowNs >= reuseHandshakeAtNs && state.hasPath();
        if (context.config().isClient() && isDue) {
            reuseHandshakeAtNs = nowNs + HANDSHAKE_SUPPRESSION_NS;
            tunnel.startHandshake(nowNs);
        }
        settle(nowNs);
    }

    void handleRelayEvent(Allocation from, AllocationEvent event, long nowNs) {
        candidates.handleRelayEvent(from, event, relay.is(from), state.hasPath(), nowNs);
        settle(nowNs);
    }

    /// Selects another relay if ours is gone.
    void ensureRelay(long nowNs) {
        if (relay.isThere()) {
            return;
        }
        relay.replace()
                .ifPresent(other -> candidates.handleSelected(other, state.hasPath(), nowNs));
        settle(nowNs);
    }

    PeerLimits limits() {
        return limits;
    }

    /// Call [#handleCandidatesEnd] after the last one of a message. One that is known and in use
    /// costs look-ups.
    void addRemote(Candidate candidate, long nowNs) {
        touch(nowNs);
        if (candidates.addRemote(candidate, nowNs)) {
            relay.current().ifPresent(r -> r.bind(candidate.address(), limits.channels(), nowNs));
        }
    }

    /// Like [#addRemote].
    void removeRemote(Candidate candidate, long nowNs) {
        candidates.removeRemote(candidate, nowNs);
    }

    void handleCandidatesEnd(long nowNs) {
        settle(nowNs);
    }

    boolean accepts(StunMessage message) {
        return agent.accepts(message);
    }

    void handleStun(StunMessage message, Endpoint local, Endpoint remote, long nowNs) {
        if (!limits.mayCheck(nowNs)) {
            return;
        }
        heardNs = nowNs;
        heardFrom(remote.address());
        agent.handleMessage(message, local, remote, nowNs);
        settle(nowNs);
    }

    /// The peer has shown that it is there; null: it is gone.
    private void heardFrom(IpAddress address) {
        context.peerAddresses().move(heardFrom, address);
        heardFrom = address;
    }

    Outcome handleHandshake(ByteBuffer buffer, int offset, int length, long nowNs) {
        var outcome = tunnel.handleHandshake(buffer, offset, length, nowNs);
        settleTunnel(nowNs);
        return outcome;
    }

    /// Opens data packets in place. Returns how many hold a packet.
    int open(PacketBatch packets, int from, int count, long nowNs) {
        int opened = tunnel.open(packets, from, count, nowNs);
        if (opened > 0) {
            heardNs = nowNs;
            touch(nowNs);
        }
        settleTunnel(nowNs);
        return opened;
    }

    /// Seals packets, or sees to them until there is a session. Returns how many were taken: fewer
    /// than `count` if the send buffer is full, 0 without a path.
    int encapsulate(PacketBatch packets, int from, int count, long nowNs) {
        if (!state.hasPath()) {
            return sender.awaitPath(packets, from, count);
        }
        touch(nowNs);
        int taken = sender.encapsulate(state.path(), packets, from, count, heardNs, nowNs);
        settle(nowNs);
        return taken;
    }

    /// An application packet, a candidate or the portal showed that the connection is in use.
    private void touch(long nowNs) {
        lastActivityNs = nowNs;
        if (state instanceof State.Idle(var path)) {
            become(new State.Connected(path));
            agent.setIdle(false, nowNs);
        }
    }

    void handleTimeout(long nowNs) {
        if (nowNs >= agentTimeoutNs) {
            agent.handleTimeout(nowNs);
        }
        if (state.hasPath()) {
            tunnel.handleTimeout(nowNs);
            sender.flushParked(state.path(), nowNs);
        }
        relay.handleTimeout(state, nowNs);
        if (candidates.isRepeatDue(heardNs, nowNs) && state.needsRelay()) {
            candidates.signalAll();
        }
        settle(nowNs);
        if (nowNs >= disconnectDeadlineNs) {
            fail(FailureReason.ICE_DISCONNECTED);
        } else if (nowNs >= candidateDeadlineNs) {
            fail(FailureReason.NO_CANDIDATES);
        } else if (nowNs >= idleDeadlineNs() && state instanceof State.Connected(var path)) {
            become(new State.Idle(path));
            agent.setIdle(true, nowNs);
            settle(nowNs);
        }
    }

    private long idleDeadlineNs() {
        boolean mayRest = state instanceof State.Connected && agent.state().isConnected();
        return mayRest ? lastActivityNs + context.config().iceTimeouts().idleAfterNs() : NEVER;
    }

    private void fail(FailureReason reason) {
        become(new State.Failed(reason));
    }

    /// Carries out what agent and tunnel ask for, and works out when the next timer is due.
    private void settle(long nowNs) {
        context.drops().count(DropReason.CANDIDATE_EXCESS, agent.takeRefused());
        for (var t = agent.pollTransmit(); t != null; t = agent.pollTransmit()) {
            sendCheck(t, nowNs);
        }
        for (var event = agent.pollEvent(); event != null; event = agent.pollEvent()) {
            switch (event) {
                case IceEvent.Nominated nominated -> handleNominated(nominated, nowNs);
                case IceEvent.StateChanged(var next) -> handleIceState(next, nowNs);
            }
        }
        if (agent.hasRemoteCandidates()) {
            candidateDeadlineNs = NEVER;
        }
        agentTimeoutNs = agent.pollTimeout();
        settleTunnel(nowNs);
    }

    private void settleTunnel(long nowNs) {
        for (var c = tunnel.pollControl(); c != null; c = tunnel.pollControl()) {
            if (c[0] == MessageType.INITIATION) {
                context.gate().handleInitiationSent(nowNs);
            }
            sender.sendControl(state.path(), c, nowNs);
        }
        for (var event = tunnel.pollEvent(); event != null; event = tunnel.pollEvent()) {
            handleTunnelEvent(event, nowNs);
        }
        long next = Math.min(candidateDeadlineNs, disconnectDeadlineNs);
        next = Math.min(next, Math.min(idleDeadlineNs(), agentTimeoutNs));
        next = Math.min(next, Math.min(relay.deadlineNs(state), candidates.repeatDeadlineNs()));
        if (state.hasPath()) {
            next = Math.min(next, tunnel.pollTimeout());
        }
        deadlineNs = sender.hasLeftovers(state.path(), nowNs) ? nowNs : next;
    }

    private void sendCheck(IceTransmit transmit, long nowNs) {
        rememberTransaction(transmit.payload(), nowNs);
        relay.handleCheck(state, nowNs);
        var owner = context.relays().owning(transmit.local());
        if (owner == null) {
            context.outbox().control(transmit.local(), transmit.remote(), transmit.payload());
        } else {
            context.relays()
                    .check(owner, transmit.remote(), transmit.payload(), limits.channels(), nowNs);
        }
    }

    private void rememberTransaction(byte[] stun, long nowNs) {
        boolean isRequest = stun[0] == 0 && stun[1] == 1;
        if (isRequest) {
            var b = ByteBuffer.wrap(stun);
            var id = new TransactionId(b.getInt(8), b.getInt(12), b.getInt(16));
            context.transactions().put(id, this, nowNs);
        }
    }

    private void handleNominated(IceEvent.Nominated nominated, long nowNs) {
        var info =
                new PathInfo(
                        nominated.localKind(),
                        nominated.remoteKind(),
                        nominated.local(),
                        nominated.remote());
        var owner = context.relays().owning(nominated.local());
        if (owner == null && info.isRelayed()) {
            return; // the relay has just gone; the agent will learn of it
        }
        Path path = owner == null ? new Path.Direct(info) : new Path.Relayed(info, owner);
        become(state instanceof State.Idle ? new State.Idle(path) : new State.Connected(path));
        context.events().add(new NodeEvent.PathChanged(peerId, info));
        sender.sendWaiting(state.path(), nowNs);
        if (context.config().isClient() && nowNs >= nominationHandshakeAtNs) {
            nominationHandshakeAtNs = nowNs + HANDSHAKE_SUPPRESSION_NS;
            tunnel.startHandshake(nowNs);
        }
    }

    private void handleIceState(IceState next, long nowNs) {
        disconnectDeadlineNs =
                next == IceState.DISCONNECTED
                        ? nowNs + context.config().iceTimeouts().disconnectedGraceNs()
                        : NEVER;
    }

    private void handleTunnelEvent(TunnelEvent event, long nowNs) {
        switch (event) {
            case HANDSHAKE_COMPLETED -> {
                if (!wasConnected) {
                    wasConnected = true;
                    context.events().add(new NodeEvent.Connected(peerId));
                }
                sender.flushParked(state.path(), nowNs);
            }
            case FAILED -> fail(FailureReason.HANDSHAKE_TIMEOUT);
        }
    }

    /// The only writer that changes phase.
    private void become(State next) {
        if (!(state instanceof State.Failed)) {
            state = next;
        }
    }

    /// When [#handleTimeout] has work, or [#NEVER].
    long deadlineNs() {
        return deadlineNs;
    }

    /// Forgets keys and counts what was waiting.
    void close() {
        sender.close();
        heardFrom(null);
        tunnel.close();
    }

    /// What identifies a connection: the same four mean the same connection (tunnel.md 9.1).
    record PeerKeys(
            String peerId,
            PublicKey key,
            PresharedKey psk,
            IceCredentials local,
            IceCredentials remote) {}
}
