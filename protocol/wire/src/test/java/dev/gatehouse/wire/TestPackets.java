package dev.gatehouse.wire;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/// Random whole packets with right checksums, computed by a byte-wise twin of [Checksums].
final class TestPackets {
    private TestPackets() {}

    /// An IPv4 or IPv6 packet of `protocol` with random addresses, ports and `payload` bytes.
    static byte[] random(SplittableRandom random, boolean v4, int protocol, int payload) {
        int header = v4 ? 20 : 40;
        int l4 =
                switch (protocol) {
                    case IpProtocol.TCP -> 20;
                    case IpProtocol.UDP, IpProtocol.ICMP, IpProtocol.ICMPV6 -> 8;
                    default -> 0;
                };
        var bytes = new byte[header + l4 + payload];
        random.nextBytes(bytes);
        var buffer = ByteBuffer.wrap(bytes);
        if (v4) {
            buffer.put(0, (byte) 0x45).putShort(2, (short) bytes.length).putShort(6, (short) 0);
            buffer.put(9, (byte) protocol).putShort(10, (short) 0);
            buffer.putShort(10, (short) slowChecksum(bytes, 0, 20, 0));
        } else {
            buffer.put(0, (byte) 0x60).putShort(4, (short) (l4 + payload));
            buffer.put(6, (byte) protocol);
        }
        if (protocol == IpProtocol.TCP) {
            buffer.put(header + 12, (byte) 0x50);
        } else if (protocol == IpProtocol.UDP) {
            buffer.putShort(header + 4, (short) (8 + payload));
        }
        writeSlowTransportChecksum(bytes);
        return bytes;
    }

    static void writeSlowTransportChecksum(byte[] bytes) {
        boolean v4 = bytes[0] >>> 4 == 4;
        int header = v4 ? 20 : 40;
        int protocol = Byte.toUnsignedInt(bytes[v4 ? 9 : 6]);
        int field =
                switch (protocol) {
                    case IpProtocol.TCP -> header + 16;
                    case IpProtocol.UDP -> header + 6;
                    case IpProtocol.ICMP, IpProtocol.ICMPV6 -> header + 2;
                    default -> -1;
                };
        if (field < 0) {
            return;
        }
        bytes[field] = 0;
        bytes[field + 1] = 0;
        long pseudo = 0;
        if (protocol != IpProtocol.ICMP) {
            for (int i = v4 ? 12 : 8; i < header; i += 2) {
                pseudo += (bytes[i] & 0xFF) << 8 | bytes[i + 1] & 0xFF;
            }
            pseudo += protocol + bytes.length - header;
        }
        int checksum = slowChecksum(bytes, header, bytes.length - header, pseudo);
        checksum = protocol == IpProtocol.UDP && checksum == 0 ? 0xFFFF : checksum;
        bytes[field] = (byte) (checksum >>> 8);
        bytes[field + 1] = (byte) checksum;
    }

    static int slowChecksum(byte[] bytes, int offset, int length, long initial) {
        long sum = initial;
        for (int i = 0; i < length; i++) {
            sum += (long) (bytes[offset + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) ~sum & 0xFFFF;
    }
}
