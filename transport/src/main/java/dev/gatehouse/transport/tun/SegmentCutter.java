package dev.gatehouse.transport.tun;

import dev.gatehouse.wire.Checksums;
import java.nio.ByteBuffer;

/// Cuts what the kernel joined: one read of a TUN device with offloads becomes the packets that a
/// network card would have made of it, each with all its checksums.
///
/// Loaded with one read, then asked for packets until it has none. TCP over IPv4 and IPv6 (TSO) and
/// UDP (USO). Not thread-safe: owned by one shard; allocates nothing.
final class SegmentCutter {
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_CHECKSUM = 16;
    private static final int UDP_LENGTH = 4;
    private static final int UDP_CHECKSUM = 6;
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int FLAG_FIN = 0x01;
    private static final int FLAG_PSH = 0x08;
    private static final int FLAG_CWR = 0x80;

    private final PayloadSum sums = new PayloadSum();
    private ByteBuffer buffer;
    private int packet; // offset of the IP header
    private int length; // of the whole packet
    private boolean v4;
    private boolean tcp;
    private int l4; // relative to packet, like headerLength
    private int headerLength;
    private int segmentLength; // payload bytes; 0: the packet is whole
    private int done; // payload bytes cut so far
    private int index; // of the next segment
    private boolean pending;

    /// Takes what a read brought: virtio header and packet.
    ///
    /// @return false if it is not understood and must be dropped
    boolean load(ByteBuffer buffer, int offset, int readLength) {
        this.buffer = buffer;
        packet = offset + VirtioHeader.LENGTH;
        length = readLength - VirtioHeader.LENGTH;
        done = 0;
        index = 0;
        segmentLength = 0;
        pending = false;
        if (length < 20) {
            return false;
        }
        v4 = (buffer.get(packet) & 0xF0) == 0x40;
        l4 = VirtioHeader.checksumStart(buffer, offset);
        int type = VirtioHeader.gsoType(buffer, offset);
        boolean understood =
                type == VirtioHeader.GSO_NONE
                        ? !VirtioHeader.needsChecksum(buffer, offset) || completeChecksum(offset)
                        : prepareCut(type, VirtioHeader.gsoSize(buffer, offset));
        pending = understood;
        return understood;
    }

    private boolean completeChecksum(int offset) {
        int field = l4 + VirtioHeader.checksumOffset(buffer, offset);
        if (field + 2 > length) {
            return false;
        }
        int checksum = Checksums.finish(Checksums.sum(buffer, packet + l4, length - l4));
        buffer.putShort(packet + field, (short) (checksum == 0 ? 0xFFFF : checksum));
        return true;
    }

    private boolean prepareCut(int type, int gsoSize) {
        tcp = type != VirtioHeader.GSO_UDP_L4;
        boolean known =
                type == VirtioHeader.GSO_TCPV4 && v4
                        || type == VirtioHeader.GSO_TCPV6 && !v4
                        || type == VirtioHeader.GSO_UDP_L4;
        if (!known || gsoSize == 0 || l4 < (v4 ? 20 : 40) || l4 + UDP_HEADER_LENGTH > length) {
            return false;
        }
        int l4HeaderLength = tcp ? tcpHeaderLength() : UDP_HEADER_LENGTH;
        headerLength = l4 + l4HeaderLength;
        segmentLength = gsoSize;
        return headerLength <= length && (!tcp || l4HeaderLength >= 20);
    }

    private int tcpHeaderLength() {
        int at = l4 + TCP_DATA_OFFSET;
        return at < length ? (buffer.get(packet + at) >> 2) & 0x3C : 0;
    }

    boolean hasNext() {
        return pending;
    }

    /// Length of the packet that [#next] will write.
    int nextLength() {
        return segmentLength == 0
                ? length
                : headerLength + Math.min(segmentLength, length - headerLength - done);
    }

    /// Forgets what is left.
    void skip() {
        pending = false;
    }

    /// Writes the next packet to `out` and returns its length.
    int next(ByteBuffer out, int offset) {
        int total = nextLength();
        if (segmentLength == 0) {
            out.put(offset, buffer, packet, total);
            pending = false;
            return total;
        }
        int payload = total - headerLength;
        out.put(offset, buffer, packet, headerLength);
        out.put(offset + headerLength, buffer, packet + headerLength + done, payload);
        boolean last = headerLength + done + payload == length;
        finishIp(out, offset, total);
        if (tcp) {
            finishTcp(out, offset, total, last);
        } else {
            finishUdp(out, offset, total);
        }
        done += payload;
        index++;
        pending = !last;
        return total;
    }

    private void finishIp(ByteBuffer out, int offset, int total) {
        if (!v4) {
            out.putShort(offset + 4, (short) (total - 40));
            return;
        }
        out.putShort(offset + 2, (short) total);
        out.putShort(offset + 4, (short) (out.getShort(offset + 4) + index));
        int headerChecksum = Checksums.ipv4Header(out, offset, l4);
        out.putShort(offset + 10, (short) headerChecksum);
    }

    private void finishTcp(ByteBuffer out, int offset, int total, boolean last) {
        int at = offset + l4;
        out.putInt(at + TCP_SEQUENCE, out.getInt(at + TCP_SEQUENCE) + done);
        int flags = out.get(at + TCP_FLAGS);
        flags = last ? flags : flags & ~(FLAG_FIN | FLAG_PSH);
        flags = index == 0 ? flags : flags & ~FLAG_CWR;
        out.put(at + TCP_FLAGS, (byte) flags);
        out.putShort(at + TCP_CHECKSUM, (short) 0);
        out.putShort(at + TCP_CHECKSUM, (short) checksum(out, offset, total, 6));
    }

    private void finishUdp(ByteBuffer out, int offset, int total) {
        int at = offset + l4;
        out.putShort(at + UDP_LENGTH, (short) (total - l4));
        out.putShort(at + UDP_CHECKSUM, (short) 0);
        int checksum = checksum(out, offset, total, 17);
        out.putShort(at + UDP_CHECKSUM, (short) (checksum == 0 ? 0xFFFF : checksum));
    }

    private int checksum(ByteBuffer out, int offset, int total, int protocol) {
        return Checksums.finish(
                Checksums.pseudoHeader(out, offset, protocol, total - l4)
                        + sums.of(out, offset + l4, total - l4));
    }
}
