package dev.gatehouse.client.state.dns;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.PacketBatch;

/// Builds UDP packets for the TUN.
final class UdpReplies {
    private static final int V4_LENGTH = IpPacket.IPV4_HEADER_LENGTH_MIN;
    private static final int V6_LENGTH = IpPacket.IPV6_HEADER_LENGTH;
    private static final int TTL = 64;

    private final PacketBatch batch = PacketBatch.allocate(2048, 1);
    private final IpPacket view = new IpPacket();

    /// One UDP packet; the batch is good until the next call.
    PacketBatch udp(Endpoint from, Endpoint to, byte[] payload) {
        int l4Length = IpPacket.UDP_HEADER_LENGTH + payload.length;
        int at = header(from, to, IpProtocol.UDP, l4Length);
        var buffer = batch.buffer();
        buffer.putShort(at, (short) from.port());
        buffer.putShort(at + 2, (short) to.port());
        buffer.putShort(at + 4, (short) l4Length);
        buffer.putShort(at + 6, (short) 0);
        buffer.put(at + IpPacket.UDP_HEADER_LENGTH, payload);
        return finish();
    }

    /// Writes the IP header; returns where the transport header goes.
    private int header(Endpoint from, Endpoint to, int protocol, int l4Length) {
        int start = PacketBatch.HEADROOM_LENGTH;
        var buffer = batch.buffer();
        batch.clear();
        if (from.isV4()) {
            buffer.putInt(start, 0x45000000 | V4_LENGTH + l4Length);
            buffer.putInt(start + 4, 0x4000); // id 0, don't fragment
            buffer.putInt(start + 8, TTL << 24 | protocol << 16);
            from.address().write(buffer, start + 12);
            to.address().write(buffer, start + 16);
            int checksum = Checksums.ipv4Header(buffer, start, V4_LENGTH);
            buffer.putShort(start + 10, (short) checksum);
            batch.add(start, V4_LENGTH + l4Length, 0);
            return start + V4_LENGTH;
        }
        buffer.putInt(start, 0x60000000);
        buffer.putInt(start + 4, l4Length << 16 | protocol << 8 | TTL);
        from.address().write(buffer, start + 8);
        to.address().write(buffer, start + 24);
        batch.add(start, V6_LENGTH + l4Length, 0);
        return start + V6_LENGTH;
    }

    private PacketBatch finish() {
        boolean good = view.wrap(batch.buffer(), batch.offset(0), batch.length(0));
        assert good;
        view.writeTransportChecksum();
        return batch;
    }
}
