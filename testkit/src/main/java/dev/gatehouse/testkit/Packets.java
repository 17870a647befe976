package dev.gatehouse.testkit;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;

/// Makes whole IP packets with right checksums.
public final class Packets {
    private static final int TIME_TO_LIVE = 64;

    private Packets() {}

    public static byte[] udp(Endpoint source, Endpoint destination, byte[] payload) {
        var l4 = ByteBuffer.allocate(8 + payload.length);
        l4.putShort((short) source.port()).putShort((short) destination.port());
        l4.putShort((short) l4.capacity()).putShort((short) 0).put(payload);
        return ip(source.address(), destination.address(), IpProtocol.UDP, l4.array());
    }

    /// @param flags such as [IpPacket#TCP_SYN]
    public static byte[] tcp(Endpoint source, Endpoint destination, int flags, byte[] payload) {
        var l4 = ByteBuffer.allocate(20 + payload.length);
        l4.putShort((short) source.port()).putShort((short) destination.port());
        l4.putLong(0).put((byte) 0x50).put((byte) flags).putShort((short) 1000);
        l4.putInt(0).put(payload);
        return ip(source.address(), destination.address(), IpProtocol.TCP, l4.array());
    }

    public static byte[] echoRequest(IpAddress source, IpAddress destination, int id) {
        return icmp(source, destination, source.isV4() ? 8 : 128, id, new byte[] {1, 2, 3});
    }

    public static byte[] echoReply(IpAddress source, IpAddress destination, int id) {
        return icmp(source, destination, source.isV4() ? 0 : 129, id, new byte[] {1, 2, 3});
    }

    private static byte[] icmp(
            IpAddress source, IpAddress destination, int type, int id, byte[] body) {
        return icmpError(source, destination, type << 8, id << 16, body);
    }

    /// Any ICMP packet; `body` is the embedded packet of an error.
    ///
    /// @param typeAndCode type << 8 | code
    /// @param rest the last four bytes of the header
    public static byte[] icmpError(
            IpAddress source, IpAddress destination, int typeAndCode, int rest, byte[] body) {
        var l4 = ByteBuffer.allocate(8 + body.length);
        l4.putShort((short) typeAndCode).putShort((short) 0).putInt(rest).put(body);
        int protocol = source.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6;
        return ip(source, destination, protocol, l4.array());
    }

    /// Any packet; the checksum of TCP, UDP and ICMP is filled in.
    public static byte[] ip(IpAddress source, IpAddress destination, int protocol, byte[] payload) {
        int header = source.isV4() ? 20 : 40;
        var bytes = ByteBuffer.allocate(header + payload.length);
        if (source.isV4()) {
            bytes.put(0, (byte) 0x45).putShort(2, (short) bytes.capacity());
            bytes.putShort(6, (short) 0x4000).put(8, (byte) TIME_TO_LIVE).put(9, (byte) protocol);
        } else {
            bytes.put(0, (byte) 0x60).putShort(4, (short) payload.length);
            bytes.put(6, (byte) protocol).put(7, (byte) TIME_TO_LIVE);
        }
        source.write(bytes, source.isV4() ? 12 : 8);
        destination.write(bytes, source.isV4() ? 16 : 24);
        bytes.put(header, payload);
        if (source.isV4()) {
            bytes.putShort(10, (short) Checksums.ipv4Header(bytes, 0, header));
        }
        var packet = new IpPacket();
        if (packet.wrap(bytes, 0, bytes.capacity())) {
            packet.writeTransportChecksum();
        }
        return bytes.array();
    }

    /// A batch of these packets with the headroom and tailroom that lower layers need.
    public static PacketBatch batch(byte[]... packets) {
        int slot = PacketBatch.HEADROOM_LENGTH + 2048 + PacketBatch.TAILROOM_LENGTH;
        var batch = PacketBatch.allocate(slot * Math.max(1, packets.length), 64);
        for (int i = 0; i < packets.length; i++) {
            int offset = i * slot + PacketBatch.HEADROOM_LENGTH;
            batch.buffer().put(offset, packets[i]);
            batch.add(offset, packets[i].length, 0);
        }
        return batch;
    }

    /// A copy of packet `index`.
    public static byte[] copy(PacketBatch batch, int index) {
        var bytes = new byte[batch.length(index)];
        batch.buffer().get(batch.offset(index), bytes);
        return bytes;
    }

    /// A view of a whole packet.
    ///
    /// @throws IllegalArgumentException if it is malformed
    public static IpPacket view(byte[] bytes) {
        var packet = new IpPacket();
        if (!packet.wrap(ByteBuffer.wrap(bytes), 0, bytes.length)) {
            throw new IllegalArgumentException("not an IP packet");
        }
        return packet;
    }
}
