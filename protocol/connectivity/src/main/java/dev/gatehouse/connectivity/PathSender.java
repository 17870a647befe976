package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.Path;
import dev.gatehouse.turn.Payload;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.WireGuardTunnel;
import java.util.ArrayDeque;

/// Sends to one peer what its tunnel makes, straight or over a relay: packets, and handshake
/// messages, of which the newest 128 wait while there is no path. Owned by its [Connection].
final class PathSender {
    private static final int WAITING_CONTROLS_MAX = 128;

    private final NodeContext context;
    private final WireGuardTunnel tunnel;
    private final ArrayDeque<Payload> waitingControls = new ArrayDeque<>();

    PathSender(NodeContext context, WireGuardTunnel tunnel) {
        this.context = context;
        this.tunnel = tunnel;
    }

    /// Seals packets to where `path` leads. Returns how many were taken: fewer than `count` if the
    /// send buffer is full. Those that a relay has no channel for are counted and gone.
    int send(Path path, PacketBatch packets, int from, int count, long nowNs) {
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

    /// Where datagrams on `path` go first.
    static Endpoint nextHop(Path path) {
        return path instanceof Path.Relayed relayed && relayed.relay().isAllocated()
                ? relayed.relay().activeServer()
                : path.info().remote();
    }
}
