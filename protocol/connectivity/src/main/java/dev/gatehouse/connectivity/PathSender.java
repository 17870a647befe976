package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.Path;
import dev.gatehouse.connectivity.peer.ParkedPackets;
import dev.gatehouse.connectivity.peer.RepeatedSegments;
import dev.gatehouse.turn.Payload;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.WireGuardTunnel;
import java.util.ArrayDeque;

/// Sends to one peer what its tunnel makes, straight or over a relay: packets, of which the newest
/// 256 wait for a session, and handshake messages, of which the newest 128 wait while there is no
/// path. Owned by its [Connection], which knows the path and works out deadlines afterwards.
final class PathSender {
    private static final int PARKED_CONNECTING_MAX = 128;
    private static final int PARKED_MAX = 256;
    private static final int WAITING_CONTROLS_MAX = 128;
    private static final int UNCUT_PACKET_LENGTH_MAX = 1280 - 48 - 36; // whatever the link

    private final NodeContext context;
    private final WireGuardTunnel tunnel;
    private final ParkedPackets parked;
    private final RepeatedSegments repeated = new RepeatedSegments();
    private final ArrayDeque<Payload> waitingControls = new ArrayDeque<>();

    PathSender(NodeContext context, WireGuardTunnel tunnel) {
        this.context = context;
        this.tunnel = tunnel;
        this.parked = new ParkedPackets(context.drops());
    }

    /// Without a path: a client keeps packets, a gateway drops them. Returns how many were taken.
    int awaitPath(PacketBatch packets, int from, int count) {
        if (!context.config().isClient()) {
            context.drops().count(DropReason.NO_PATH, count);
            return 0;
        }
        parked.park(packets, from, count, PARKED_CONNECTING_MAX);
        return count;
    }

    /// Seals packets, or sees to them until there is a session. Returns how many were taken: fewer
    /// than `count` if the send buffer is full.
    ///
    /// @param heardNs when the peer was last heard
    int encapsulate(Path path, PacketBatch packets, int from, int count, long heardNs, long nowNs) {
        if (!tunnel.canSeal(nowNs)) {
            awaitSession(packets, from, count, nowNs);
            return count;
        }
        flushParked(path, nowNs);
        noticeLostSegments(path, packets, from, heardNs, nowNs);
        return parked.isEmpty() ? send(path, packets, from, count, nowNs) : 0;
    }

    /// A gateway leaves sessions to its clients, tunnel.md 11.2 #20: an initiation to one that
    /// sleeps would be given up, and the connection with it.
    private void awaitSession(PacketBatch packets, int from, int count, long nowNs) {
        if (context.config().isClient() || tunnel.isHandshakeRunning()) {
            parked.park(packets, from, count, PARKED_MAX);
            tunnel.startHandshake(nowNs);
        } else {
            context.drops().count(DropReason.NO_SESSION, count);
        }
    }

    /// Routers fragment over IPv4; over IPv6 they only say that a datagram was too long, if that.
    private void noticeLostSegments(
            Path path, PacketBatch packets, int from, long heardNs, long nowNs) {
        int length = packets.length(from);
        if (length <= UNCUT_PACKET_LENGTH_MAX || nextHop(path).isV4()) {
            return;
        }
        boolean isLost =
                repeated.handleSent(packets.buffer(), packets.offset(from), length, heardNs, nowNs);
        if (isLost) {
            context.events().add(new NodeEvent.LongDatagramsLost(nextHop(path)));
        }
    }

    /// Where datagrams on `path` go first.
    private static Endpoint nextHop(Path path) {
        return path instanceof Path.Relayed relayed && relayed.relay().isAllocated()
                ? relayed.relay().activeServer()
                : path.info().remote();
    }

    /// Whether [#flushParked] has something to send.
    boolean hasLeftovers(Path path, long nowNs) {
        return !parked.isEmpty() && path != Path.None.NONE && tunnel.canSeal(nowNs);
    }

    /// Sends packets that waited, as far as there is a path, a session and room.
    void flushParked(Path path, long nowNs) {
        while (hasLeftovers(path, nowNs)) {
            var scratch = context.scratch();
            parked.copyTo(scratch);
            int taken = send(path, scratch, 0, scratch.count(), nowNs);
            parked.remove(taken);
            if (taken == 0) {
                return; // the send buffer is full; the next call goes on
            }
        }
    }

    /// Seals packets to where `path` leads. Returns how many were taken: fewer than `count` if the
    /// send buffer is full. Those that a relay has no channel for are counted and gone.
    private int send(Path path, PacketBatch packets, int from, int count, long nowNs) {
        var regions = context.outbox().regions();
        switch (path) {
            case Path.Direct direct -> regions.target(direct);
            case Path.Relayed relayed -> {
                var channel = relayed.channel(nowNs);
                context.relays().flush(relayed.relay());
                if (channel == null) {
                    context.drops().count(DropReason.NO_CHANNEL, count);
                    return count;
                }
                regions.target(relayed, channel);
            }
            case Path.None _ -> throw new IllegalStateException("the caller checked the path");
        }
        return regions.seal(tunnel, packets, from, count, nowNs);
    }

    /// Handshake messages and keepalives leave on the nominated path, whatever path they answer.
    void sendControl(Path path, byte[] datagram, long nowNs) {
        switch (path) {
            case Path.Direct direct ->
                    context.outbox()
                            .control(direct.info().local(), direct.info().remote(), datagram);
            case Path.Relayed relayed ->
                    context.relays()
                            .send(relayed.relay(), relayed.info().remote(), datagram, nowNs);
            case Path.None _ -> {
                if (waitingControls.size() == WAITING_CONTROLS_MAX) {
                    waitingControls.removeFirst();
                }
                waitingControls.add(new Payload(datagram));
            }
        }
    }

    /// Sends what waited for `path`.
    void sendWaiting(Path path, long nowNs) {
        for (int left = waitingControls.size(); left > 0; left--) {
            sendControl(path, waitingControls.poll().bytes(), nowNs);
        }
    }

    /// Forgets packets that wait, and counts them.
    void close() {
        parked.dropAll();
    }
}
