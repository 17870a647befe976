package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// Explicit congestion notification between the inner and the outer IP header (tunnel.md 1.4).
public final class Ecn {
    public static final int NOT_ECT = 0;
    public static final int CE = 3;

    private static final int TRAFFIC_CLASS_OFFSET = 1;
    private static final int V4_CHECKSUM_OFFSET = 10;

    private Ecn() {}

    /// The two ECN bits of the IP packet at `offset`, whose first 2 bytes are there.
    public static int ofPacket(ByteBuffer buffer, int offset) {
        int octet = buffer.get(offset + TRAFFIC_CLASS_OFFSET);
        return (isV4(buffer, offset) ? octet : octet >> 4) & 3;
    }

    /// Marks packets that met congestion outside of the tunnel: where the outer header (the
    /// batch's ECN) says CE and the inner one is capable. Lengths of 0 or less are skipped.
    public static void carryCongestion(PacketBatch packets, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (packets.ecn(i) == CE && packets.length(i) > V4_CHECKSUM_OFFSET + 1) {
                mark(packets.buffer(), packets.offset(i));
            }
        }
    }

    private static void mark(ByteBuffer buffer, int offset) {
        int ecn = ofPacket(buffer, offset);
        if (ecn == NOT_ECT || ecn == CE) {
            return;
        }
        int at = offset + TRAFFIC_CLASS_OFFSET;
        if (!isV4(buffer, offset)) {
            buffer.put(at, (byte) (buffer.get(at) | CE << 4));
            return;
        }
        buffer.put(at, (byte) (buffer.get(at) | CE));
        int grown = CE - ecn; // RFC 1624: the sum grows by what the field grew
        int checksum = Short.toUnsignedInt(buffer.getShort(offset + V4_CHECKSUM_OFFSET));
        int sum = (~checksum & 0xFFFF) + grown;
        sum = (sum & 0xFFFF) + (sum >>> 16);
        buffer.putShort(offset + V4_CHECKSUM_OFFSET, (short) ~sum);
    }

    private static boolean isV4(ByteBuffer buffer, int offset) {
        return buffer.get(offset) >> 4 == 4;
    }
}
