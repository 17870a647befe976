package dev.gatehouse.connectivity.peer;

import java.nio.ByteBuffer;
import java.time.Duration;

/// Notices TCP senders inside the tunnel that repeat one long segment again and again while the
/// peer is heard: so looks a way that loses long datagrams, and on which nobody says so.
///
/// Follows eight flows at a time, by what they sent last; a newer flow takes the place of another.
/// Allocates nothing.
public final class RepeatedSegments {
    private static final int FLOWS = 8;
    private static final int REPEATS = 3;
    private static final long AT_LEAST_NS = Duration.ofSeconds(1).toNanos();
    private static final int TCP = 6;
    private static final int TCP_HEADER_LENGTH = 20;
    private static final int V4_HEADER_LENGTH = 20;
    private static final int V6_HEADER_LENGTH = 40;

    private final long[] segments = new long[FLOWS]; // flow and sequence number
    private final long[] firstSentNs = new long[FLOWS];
    private final int[] repeats = new int[FLOWS];

    /// Looks at a packet that leaves.
    ///
    /// @param heardNs when the peer was heard on the path, the last time
    /// @return true if its sender has repeated it in vain
    public boolean handleSent(ByteBuffer packet, int offset, int length, long heardNs, long nowNs) {
        long segment = segment(packet, offset, length);
        if (segment == 0) {
            return false;
        }
        int slot = (int) (segment >>> 32) & FLOWS - 1;
        if (segments[slot] != segment) {
            segments[slot] = segment;
            firstSentNs[slot] = nowNs;
            repeats[slot] = 0;
            return false;
        }
        repeats[slot]++;
        long elapsedNs = nowNs - firstSentNs[slot];
        boolean isInVain =
                repeats[slot] >= REPEATS
                        && elapsedNs >= AT_LEAST_NS
                        && nowNs - heardNs <= elapsedNs / 2; // else nothing comes through at all
        segments[slot] = isInVain ? 0 : segment;
        return isInVain;
    }

    /// What tells a segment of one flow from others; 0 if the packet is none.
    private static long segment(ByteBuffer packet, int offset, int length) {
        int version = packet.get(offset) >>> 4;
        boolean isV4 = version == 4;
        int protocol = packet.get(offset + (isV4 ? 9 : 6));
        int header = isV4 ? (packet.get(offset) & 0x0F) * 4 : V6_HEADER_LENGTH;
        boolean isTcp = protocol == TCP && header >= V4_HEADER_LENGTH;
        if (!isTcp || length < header + TCP_HEADER_LENGTH) {
            return 0;
        }
        int flow = packet.getInt(offset + header); // both ports
        for (int at = isV4 ? 12 : 8; at < (isV4 ? V4_HEADER_LENGTH : V6_HEADER_LENGTH); at += 4) {
            flow = 31 * flow + packet.getInt(offset + at);
        }
        flow ^= flow >>> 16;
        long sequence = Integer.toUnsignedLong(packet.getInt(offset + header + 4));
        return (long) flow << 32 | sequence;
    }
}
