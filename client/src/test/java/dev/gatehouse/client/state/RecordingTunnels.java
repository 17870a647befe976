package dev.gatehouse.client.state;

import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayList;
import java.util.List;

/// Remembers what was sent where.
final class RecordingTunnels implements Tunnels {
    record Sent(String gatewayId, byte[] packet) {}

    final List<Sent> sent = new ArrayList<>();
    final List<byte[]> tun = new ArrayList<>();
    final List<String> connected = new ArrayList<>();
    final List<String> closed = new ArrayList<>();
    boolean hasRelays = true;

    @Override
    public boolean connect(Flow flow, long nowNs) {
        if (hasRelays) {
            connected.add(flow.gatewayId());
        }
        return hasRelays;
    }

    @Override
    public void send(String gatewayId, PacketBatch packets, int from, int count, long nowNs) {
        for (int i = from; i < from + count; i++) {
            sent.add(new Sent(gatewayId, Packets.copy(packets, i)));
        }
    }

    @Override
    public void close(String gatewayId, long nowNs) {
        closed.add(gatewayId);
    }

    @Override
    public void writeTun(PacketBatch packets, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (packets.length(i) > 0) {
                tun.add(Packets.copy(packets, i));
            }
        }
    }
}
