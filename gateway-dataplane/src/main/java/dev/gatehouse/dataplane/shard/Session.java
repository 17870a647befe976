package dev.gatehouse.dataplane.shard;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.connectivity.Upsert;
import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.dataplane.gateway.GatewayEvent;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.handover.EventReporter;
import dev.gatehouse.dataplane.handover.ShardState;
import dev.gatehouse.dataplane.handover.ShardStatus;
import dev.gatehouse.dataplane.snapshot.GatewayCodec;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeReply.Outcome;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.ConnectionChanged;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.UpdateExpiryRequest;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.transport.loop.Settling;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunGoneException;
import dev.gatehouse.transport.udp.LocalAddresses;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gateway at work, from Resume to the end: state machines, descriptors, and what joins them.
/// Owned by the shard's thread; each public step ends with [#settle].
final class Session implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int RECEIVES_PER_TURN_MAX = 8;
    private static final int READS_PER_TURN_MAX = 4;
    private static final int TUN_BATCH_PACKETS = 144; // three full sends
    private static final int BUSY_TURNS_PER_LOOK = 64; // a look is a system call

    private final KeyPair keys;
    private final Node node;
    private final GatewayState state;
    private final ShardState known;
    private final ShardIo io;
    private final EventReporter reporter;
    private final GatewayShard.Surroundings around;
    private final PacketPath path;
    private final List<UdpSocket> sockets;
    private final DatagramBatch datagrams = UdpSocket.newBatch();
    private final PacketBatch packets = LinuxTun.newBatch(TUN_BATCH_PACKETS, DataplaneConfig.MTU);
    private final TreeSet<String> connected = new TreeSet<>();
    private final ClientLog clientLog = new ClientLog();
    private final Settling network = new Settling();
    private int busyTurns;
    private boolean configured;
    private boolean draining;

    Session(
            KeyPair keys,
            Node node,
            GatewayState state,
            ShardIo io,
            EventReporter reporter,
            GatewayShard.Surroundings around) {
        this.keys = keys;
        this.node = node;
        this.state = state;
        this.io = io;
        this.reporter = reporter;
        this.around = around;
        known = new ShardState(NodeCodec.encode(keys), io.port(), node, state);
        path = new PacketPath(node, state, io);
        sockets = io.sockets();
    }

    /// What the process before this one knew.
    void restore(Snapshot snapshot, long nowNs, long unixNs) throws IOException {
        state.restore(GatewayCodec.decode(snapshot), nowNs);
        node.restore(NodeCodec.decode(snapshot, unixNs), nowNs);
        node.peerIds().stream().filter(node::hasPath).forEach(connected::add);
        connected.forEach(id -> clientLog.handleResumed(id, pathKind(id)));
        if (snapshot.hasInterface()) {
            configure(snapshot.getInterface(), nowNs);
        }
        var arrived = new TreeSet<String>();
        for (var client : state.snapshot().authorizations()) {
            if (arrived.add(client.clientId())) { // once, however many resources it has
                around.clients().arrived(client.clientId(), client.clientV4(), client.clientV6());
            }
        }
        settle(nowNs);
    }

    PublicKey publicKey() {
        return keys.publicKey();
    }

    /// One turn over all descriptors; returns the work done.
    int doWork(long nowNs) throws IOException {
        int work = 0;
        for (int i = 0; i < sockets.size(); i++) {
            work += receive(sockets.get(i), nowNs);
        }
        work += readTun(nowNs);
        if (io.hasWaiting()) {
            io.flush();
        }
        if (work == 0 || ++busyTurns % BUSY_TURNS_PER_LOOK == 0) {
            lookAtNetwork(nowNs);
        }
        return work;
    }

    private void lookAtNetwork(long nowNs) throws IOException {
        if (io.hasNetworkChanged()) {
            network.handleChange(nowNs);
        }
    }

    private int receive(UdpSocket socket, long nowNs) throws IOException {
        int received = 0;
        for (int i = 0; i < RECEIVES_PER_TURN_MAX; i++) {
            int count = socket.receive(datagrams);
            if (count == 0) {
                break;
            }
            received += count;
            node.handleDatagrams(datagrams, path, nowNs);
            settle(nowNs);
        }
        return received;
    }

    private int readTun(long nowNs) throws IOException {
        try {
            return readWhatWaits(nowNs);
        } catch (TunGoneException e) {
            LOG.debug("{}", e.getMessage());
            io.reopenTun();
            around.onDeviceRestored().accept(io.tun().name());
            return 1;
        }
    }

    private int readWhatWaits(long nowNs) throws IOException {
        int read = 0;
        for (int i = 0; i < READS_PER_TURN_MAX; i++) {
            int count = io.tun().read(packets);
            if (count == 0) {
                break;
            }
            read += count;
            path.handleFromTun(packets, nowNs);
            settle(nowNs);
        }
        return read;
    }

    long pollTimeout() {
        long machines = Math.min(node.pollTimeout(), state.pollTimeout());
        return Math.min(Math.min(machines, network.pollTimeout()), reporter.pollTimeout());
    }

    void handleTimeout(long nowNs) throws IOException {
        if (nowNs >= node.pollTimeout()) {
            node.handleTimeout(nowNs);
        }
        if (nowNs >= state.pollTimeout()) {
            state.handleTimeout(nowNs);
        }
        if (network.isDue(nowNs)) {
            var gone = node.hostAddresses().stream().filter(a -> !LocalAddresses.has(a)).toList();
            node.handleNetworkChange(gone, nowNs);
        }
        settle(nowNs);
        clientLog.handleTimeout(nowNs);
        if (nowNs >= reporter.pollTimeout()) {
            report(nowNs);
        }
    }

    private void report(long nowNs) {
        if (!reporter.isFollowed()) {
            state.dropNatChanges();
        }
        reporter.handleTimeout(nowNs, () -> known.takeChanges(nowNs), status());
        if (known.hasChanges()) {
            reporter.touch(nowNs); // translations beyond what one report may cost
        }
    }

    /// Drains everything after a mutation; events may cause others.
    private void settle(long nowNs) throws IOException {
        boolean busy = true;
        while (busy) {
            busy = false;
            io.drain(node);
            for (var event = node.pollEvent(); event != null; event = node.pollEvent()) {
                handle(event, nowNs);
                busy = true;
            }
            for (var event = state.pollEvent(); event != null; event = state.pollEvent()) {
                handle(event, nowNs);
                busy = true;
            }
        }
        if (known.hasChanges()) {
            reporter.touch(nowNs);
        }
        reporter.flushCandidates();
    }

    private void handle(NodeEvent event, long nowNs) {
        reporter.touch(nowNs);
        switch (event) {
            case NodeEvent.LocalCandidate(var id, var sdp) -> reporter.candidateAdded(id, sdp);
            case NodeEvent.LocalCandidateGone(var id, var sdp) ->
                    reporter.candidateRemoved(id, sdp);
            case NodeEvent.Connected(var id) -> {
                connected.add(id);
                reportUp(id, nowNs);
            }
            case NodeEvent.PathChanged(var id, var _) -> {
                if (connected.contains(id)) {
                    reportUp(id, nowNs);
                }
            }
            case NodeEvent.Failed(var id, var reason) -> {
                connected.remove(id);
                clientLog.handleGone(id, reason.text(), nowNs);
                reporter.connectionChanged(
                        id, ConnectionChanged.State.FAILED, reason.name(), false);
            }
            case NodeEvent.RelayReady _ -> {}
            case NodeEvent.LongDatagramsLost(var remote) -> io.handleLongOnesLost(remote);
            case NodeEvent.NoRelays _ -> reporter.noRelays();
        }
    }

    private void reportUp(String clientId, long nowNs) {
        clientLog.handleUp(clientId, pathKind(clientId), nowNs);
        boolean relayed = node.path(clientId).map(p -> p.isRelayed()).orElse(false);
        reporter.connectionChanged(clientId, ConnectionChanged.State.UP, "", relayed);
    }

    private String pathKind(String clientId) {
        return node.path(clientId).map(PathInfo::kind).orElse("unknown");
    }

    private void handle(GatewayEvent event, long nowNs) throws IOException {
        reporter.touch(nowNs);
        switch (event) {
            case GatewayEvent.ResolveName(long id, var client, var _, var domain) ->
                    around.lookups()
                            .ask(new NameLookup.Question(around.index(), client, id, domain));
            case GatewayEvent.CloseConnection(var id, boolean goodbye) -> close(id, goodbye, nowNs);
            case GatewayEvent.AccessExpired(var id, var resource) ->
                    reporter.authorizationExpired(id, resource);
            case GatewayEvent.DnsMappingChanged _, GatewayEvent.DnsMappingsCleared _ -> {}
        }
    }

    private void close(String clientId, boolean goodbye, long nowNs) throws IOException {
        String reason = goodbye ? "it is allowed nothing any more" : "it said goodbye";
        clientLog.handleGone(clientId, reason, nowNs);
        if (goodbye) {
            path.sayGoodbye(clientId, nowNs);
            io.drain(node);
        }
        node.closeConnection(clientId, nowNs);
        connected.remove(clientId);
        reporter.connectionChanged(clientId, ConnectionChanged.State.CLOSED, "", false);
        around.clients().gone(clientId);
    }

    /// The client has moved to another shard: no event, since it is not gone.
    void forget(String clientId, long nowNs) throws IOException {
        state.removeClient(clientId);
        node.closeConnection(clientId, nowNs);
        connected.remove(clientId);
        clientLog.forget(clientId);
        around.clients().gone(clientId);
        finish(nowNs);
    }

    void handleAnswer(NameLookup.Answer answer, long nowNs) throws IOException {
        path.handleAnswer(answer, nowNs);
        settle(nowNs);
    }

    void setHostAddresses(Set<IpAddress> addresses) {
        state.setHostAddresses(addresses);
    }

    void configure(Interface message, long nowNs) throws IOException {
        var tunnel = GatewayCodec.tunnel(message);
        io.configure(tunnel.v4(), tunnel.v6());
        state.setInterface(tunnel.v4(), tunnel.v6());
        configured = true;
        around.onConfigured().accept(tunnel);
        finish(nowNs);
    }

    void updateRelays(UpdateRelaysRequest request, long nowNs) throws IOException {
        var relays = request.getRelaysList().stream().map(NodeCodec::relay).toList();
        node.updateRelays(new TreeSet<>(request.getRemovedIdsList()), relays, nowNs);
        finish(nowNs);
    }

    /// The caller sends the reply before it calls [#finish].
    Outcome authorize(AuthorizeRequest request, long nowNs) {
        var expiry =
                request.hasExpiresAt()
                        ? OptionalLong.of(request.getExpiresAt())
                        : OptionalLong.empty();
        var authorization =
                GatewayCodec.authorization(request.getClient(), request.getResource(), expiry);
        String clientId = authorization.clientId();
        if (!configured) {
            return Outcome.NOT_CONFIGURED;
        }
        if (draining && !node.hasPeer(clientId)) {
            return Outcome.DRAINING;
        }
        var upsert =
                node.upsertConnection(
                        clientId,
                        new PublicKey(request.getClientPublicKey().toByteArray()),
                        new PresharedKey(request.getPresharedKey().toByteArray()),
                        NodeCodec.credentials(request.getGatewayIce()),
                        NodeCodec.credentials(request.getClientIce()),
                        nowNs);
        if (upsert == Upsert.NO_RELAYS) {
            return Outcome.NO_RELAYS;
        }
        if (upsert == Upsert.CREATED) {
            connected.remove(clientId);
            clientLog.forget(clientId);
        }
        if (!state.authorize(authorization, nowNs)) {
            if (!state.hasClient(clientId)) {
                node.closeConnection(clientId, nowNs);
            }
            throw new RejectedExecutionException("too many clients, or resources of a client");
        }
        around.clients().arrived(clientId, authorization.clientV4(), authorization.clientV6());
        return upsert == Upsert.CREATED ? Outcome.CREATED : Outcome.REUSED;
    }

    void reject(AuthorizationKey key, long nowNs) throws IOException {
        state.reject(key.getClientId(), key.getResourceId());
        finish(nowNs);
    }

    void updateResource(Resource resource, long nowNs) throws IOException {
        state.updateResource(GatewayCodec.resource(resource));
        finish(nowNs);
    }

    void updateExpiry(UpdateExpiryRequest request, long nowNs) throws IOException {
        var expiry =
                request.hasExpiresAt()
                        ? OptionalLong.of(request.getExpiresAt())
                        : OptionalLong.empty();
        var key = request.getKey();
        state.updateExpiry(key.getClientId(), key.getResourceId(), expiry);
        finish(nowNs);
    }

    void addCandidates(RemoteCandidatesRequest request, long nowNs) throws IOException {
        node.addRemoteCandidates(request.getClientId(), request.getCandidatesList(), nowNs);
        finish(nowNs);
    }

    void removeCandidates(RemoteCandidatesRequest request, long nowNs) throws IOException {
        node.removeRemoteCandidates(request.getClientId(), request.getCandidatesList(), nowNs);
        finish(nowNs);
    }

    int reconcile(List<ReconcileRequest.Entry> entries, long nowNs) throws IOException {
        var listed =
                entries.stream()
                        .map(
                                entry ->
                                        new Authorization.Listed(
                                                entry.getKey().getClientId(),
                                                entry.getKey().getResourceId(),
                                                entry.hasExpiresAt()
                                                        ? OptionalLong.of(entry.getExpiresAt())
                                                        : OptionalLong.empty()))
                        .toList();
        int removed = state.reconcile(listed);
        if (removed > 0) {
            LOG.info("{} authorizations are no longer listed by the portal", removed);
        }
        finish(nowNs);
        return removed;
    }

    /// Returns how many connections are up.
    int drain(boolean on, long nowNs) throws IOException {
        draining = on;
        finish(nowNs);
        return node.peers();
    }

    /// Says goodbye to all.
    void shutdown(long nowNs) throws IOException {
        state.shutdown();
        finish(nowNs);
    }

    void finish(long nowNs) throws IOException {
        reporter.touch(nowNs);
        settle(nowNs);
    }

    void sendSnapshot(long nowNs) {
        reporter.sendSnapshot(known.takeChanges(nowNs), status());
        state.tellNatAgain(); // they follow, a report at a time
        reporter.touch(nowNs);
    }

    ShardStatus status() {
        return new ShardStatus(
                true,
                configured,
                node.relayIds().size(),
                node.readyRelayIds().size(),
                node.peers(),
                draining);
    }

    ShardMetrics metrics() {
        return ShardMetrics.of(io, node, state);
    }

    /// Sends what still waits. Returns true when nothing does.
    boolean flush() throws IOException {
        io.flush();
        return !io.hasWaiting();
    }

    @Override
    public void close() {
        io.close();
    }
}
