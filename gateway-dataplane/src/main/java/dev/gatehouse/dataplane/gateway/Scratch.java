package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.IcmpErrors;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;

/// Room for one packet that the gateway makes itself; overwritten by the next one.
final class Scratch {
    private final PacketBatch batch =
            PacketBatch.allocate(
                    PacketBatch.HEADROOM_LENGTH + IpPacket.LENGTH_MAX + PacketBatch.TAILROOM_LENGTH,
                    1);

    ByteBuffer buffer() {
        return batch.buffer();
    }

    int offset() {
        return PacketBatch.HEADROOM_LENGTH;
    }

    /// Sends the `length` bytes that were written at [#offset].
    void send(ClientPeer peer, int length, GatewayOutput out) {
        batch.clear();
        batch.add(offset(), length, 0);
        out.toPeer(peer.id(), batch, 0);
    }

    /// A batch with one packet, a copy of `bytes`.
    PacketBatch load(byte[] bytes) {
        batch.buffer().put(offset(), bytes);
        batch.clear();
        batch.add(offset(), bytes.length, 0);
        return batch;
    }

    /// Tells whoever sent a packet from the TUN device that it is too large.
    void sendTooBigToTun(IpPacket original, GatewayOutput out) {
        int length = IcmpErrors.write(IcmpErrors.Kind.TOO_BIG, original, buffer(), offset());
        batch.clear();
        batch.add(offset(), length, 0);
        out.toTun(batch, 0);
    }

    void sendIcmpError(
            ClientPeer peer, IcmpErrors.Kind kind, IpPacket original, GatewayOutput out) {
        send(peer, IcmpErrors.write(kind, original, buffer(), offset()), out);
    }

    void sendControl(ClientPeer peer, P2pEvent event, GatewayOutput out) {
        send(peer, P2pControl.encode(event, buffer(), offset()), out);
    }
}
