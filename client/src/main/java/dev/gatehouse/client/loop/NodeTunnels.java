package dev.gatehouse.client.loop;

import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.Upsert;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Queue;

/// Carries out what the state decides, on a [Node] and a TUN device.
final class NodeTunnels implements Tunnels {
    private final LinuxTun tun;
    private final Runnable transmit;
    private final Queue<String> toClose = new ArrayDeque<>();
    private Node node;

    /// @param transmit sends what the node has queued
    NodeTunnels(LinuxTun tun, Runnable transmit) {
        this.tun = tun;
        this.transmit = transmit;
    }

    void use(Node newNode) {
        node = newNode;
        toClose.clear();
    }

    @Override
    public boolean connect(Flow flow, long nowNs) {
        var keys = flow.keys();
        var made =
                node.upsertConnection(
                        flow.gatewayId(),
                        PublicKey.ofBase64(keys.gatewayKey()),
                        PresharedKey.ofBase64(keys.presharedKey()),
                        new IceCredentials(keys.localUfrag(), keys.localPassword()),
                        new IceCredentials(keys.remoteUfrag(), keys.remotePassword()),
                        nowNs);
        return made != Upsert.NO_RELAYS;
    }

    @Override
    public void send(String gatewayId, PacketBatch packets, int from, int count, long nowNs) {
        int at = from;
        int end = from + count;
        boolean drained = false;
        while (at < end) {
            int taken = node.encapsulate(gatewayId, packets, at, end - at, nowNs);
            at += taken;
            if (taken == 0 && drained) {
                return; // no path
            }
            if (at < end) {
                transmit.run();
                drained = true;
            }
        }
    }

    /// Takes effect with [#closeForgotten]: the node may be in the midst of that peer's packets.
    @Override
    public void close(String gatewayId, long nowNs) {
        toClose.add(gatewayId);
    }

    void closeForgotten(long nowNs) {
        for (var id = toClose.poll(); id != null; id = toClose.poll()) {
            transmit.run(); // its goodbye
            node.closeConnection(id, nowNs);
        }
    }

    @Override
    public void writeTun(PacketBatch packets, int from, int count) {
        try {
            tun.write(packets, from, count);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
