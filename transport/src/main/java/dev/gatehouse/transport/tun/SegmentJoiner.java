package dev.gatehouse.transport.tun;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;

/// Finds runs of packets of one flow that the kernel may take as one, and writes the common header.
///
/// Joins what Linux's own GRO would: TCP segments that follow each other with equal
/// acknowledgement,
/// window, options, TOS and TTL and no flag but ACK and PSH; UDP datagrams of equal length. Only
/// the
/// last may be shorter, PSH ends a run, and each checksum is verified first, since the kernel makes
/// a fresh one. Not thread-safe: owned by one shard; allocates nothing.
final class SegmentJoiner {
    /// Packets in a run; the kernel takes up to 65,535 bytes.
    static final int RUN_MAX = 60;

    private static final int BYTES_MAX = 65_535;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int ACK = 0x10;
    private static final int PSH = 0x08;

    private final boolean joinsUdp;
    private final PayloadSum sums = new PayloadSum();
    private ByteBuffer buffer;
    private int first;
    private boolean v4;
    private boolean tcp;
    private int l4;
    private int headerLength;
    private int segmentLength;
    private int totalLength;
    private int count;
    private boolean open;

    /// @param joinsUdp whether the kernel takes joined UDP: Linux 6.2 and later
    SegmentJoiner(boolean joinsUdp) {
        this.joinsUdp = joinsUdp;
    }

    /// Length of IP and transport header of every packet in the run.
    int headerLength() {
        return headerLength;
    }

    /// Number of packets, from `from` on, that form a run; 1 if the first joins with nothing.
    int run(PacketBatch batch, int from, int end) {
        if (!begin(batch, from)) {
            return 1;
        }
        int i = from + 1;
        while (open && i < end && count < RUN_MAX && append(batch.offset(i), batch.length(i))) {
            i++;
        }
        return count;
    }

    private boolean begin(PacketBatch batch, int from) {
        buffer = batch.buffer();
        first = batch.offset(from);
        int length = batch.length(from);
        count = 1;
        totalLength = length;
        if (!readHeaders(first, length)) {
            return false;
        }
        segmentLength = length - headerLength;
        open = segmentLength > 0 && !(tcp && (flags(first) & PSH) != 0);
        return open && isJoinable(first, length);
    }

    private boolean readHeaders(int at, int length) {
        if (length < 40) {
            return false;
        }
        int version = buffer.get(at) & 0xFF;
        v4 = version == 0x45; // no options
        if (!v4 && (version >> 4 != 6 || length < 60)) {
            return false;
        }
        l4 = v4 ? 20 : 40;
        int protocol = buffer.get(at + (v4 ? 9 : 6)) & 0xFF;
        int ipLength = v4 ? length(at + 2) : 40 + length(at + 4);
        tcp = protocol == PROTOCOL_TCP;
        if (ipLength != length || !tcp && (protocol != PROTOCOL_UDP || !joinsUdp)) {
            return false;
        }
        headerLength = l4 + (tcp ? buffer.get(at + l4 + 12) >> 2 & 0x3C : 8);
        return headerLength <= length && (!tcp || headerLength >= l4 + 20);
    }

    private int length(int at) {
        return Short.toUnsignedInt(buffer.getShort(at));
    }

    private int flags(int at) {
        return buffer.get(at + l4 + 13) & 0xFF;
    }

    /// Whether a packet whose headers look like the first's may be part of any run.
    private boolean isJoinable(int at, int length) {
        if (v4 && (buffer.getShort(at + 6) & 0x3FFF) != 0) {
            return false; // a fragment
        }
        if (tcp && (flags(at) & ~PSH) != ACK) {
            return false;
        }
        if (!tcp && (length(at + l4 + 4) != length - l4 || buffer.getShort(at + l4 + 6) == 0)) {
            return false;
        }
        long sum =
                Checksums.pseudoHeader(buffer, at, tcp ? PROTOCOL_TCP : PROTOCOL_UDP, length - l4)
                        + sums.of(buffer, at + l4, length - l4);
        return Checksums.fold(sum) == 0xFFFF;
    }

    private boolean append(int at, int length) {
        int payload = length - headerLength;
        if (payload <= 0 || payload > segmentLength || totalLength + payload > BYTES_MAX) {
            return false;
        }
        if (!isSameFlow(at, length) || !isJoinable(at, length)) {
            return false;
        }
        totalLength += payload;
        count++;
        open = payload == segmentLength && !(tcp && (flags(at) & PSH) != 0);
        if (tcp && (flags(at) & PSH) != 0) {
            buffer.put(first + l4 + 13, (byte) (ACK | PSH));
        }
        return true;
    }

    private boolean isSameFlow(int at, int length) {
        boolean sameIp =
                v4
                        ? length(at + 2) == length
                                && buffer.getShort(at) == buffer.getShort(first)
                                && buffer.getShort(at + 6) == buffer.getShort(first + 6)
                                && buffer.getShort(at + 8) == buffer.getShort(first + 8)
                                && buffer.getLong(at + 12) == buffer.getLong(first + 12)
                        : length(at + 4) + 40 == length
                                && buffer.getInt(at) == buffer.getInt(first)
                                && buffer.getShort(at + 6) == buffer.getShort(first + 6)
                                && isSame(at + 8, first + 8, 32);
        if (!sameIp || buffer.getInt(at + l4) != buffer.getInt(first + l4)) {
            return false;
        }
        return !tcp || isSameTcp(at + l4, first + l4);
    }

    private boolean isSameTcp(int at, int from) {
        int expected = buffer.getInt(from + 4) + totalLength - headerLength;
        return buffer.getInt(at + 4) == expected
                && buffer.getInt(at + 8) == buffer.getInt(from + 8)
                && buffer.get(at + 12) == buffer.get(from + 12)
                && buffer.getShort(at + 14) == buffer.getShort(from + 14)
                && isSame(at + 18, from + 18, headerLength - l4 - 18);
    }

    private boolean isSame(int a, int b, int length) {
        for (int i = 0; i < length; i += 2) {
            if (buffer.getShort(a + i) != buffer.getShort(b + i)) {
                return false;
            }
        }
        return true;
    }

    /// Turns the first packet's header into that of the joined one, and writes the virtio header
    /// before it. The checksum field becomes the folded pseudo header sum, not complemented: the
    /// kernel goes on from there.
    void writeHeader() {
        int l4Length = totalLength - l4;
        if (v4) {
            buffer.putShort(first + 2, (short) totalLength);
            buffer.putShort(first + 10, (short) Checksums.ipv4Header(buffer, first, 20));
        } else {
            buffer.putShort(first + 4, (short) l4Length);
        }
        if (!tcp) {
            buffer.putShort(first + l4 + 4, (short) l4Length);
        }
        int protocol = tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        int sum = Checksums.fold(Checksums.pseudoHeader(buffer, first, protocol, l4Length));
        buffer.putShort(first + l4 + (tcp ? 16 : 6), (short) sum);
        int type = VirtioHeader.GSO_UDP_L4;
        if (tcp) {
            type = v4 ? VirtioHeader.GSO_TCPV4 : VirtioHeader.GSO_TCPV6;
        }
        VirtioHeader.writeJoined(
                buffer, first - VirtioHeader.LENGTH, type, headerLength, segmentLength, l4);
    }
}
