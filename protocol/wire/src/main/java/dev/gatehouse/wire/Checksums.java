package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// The Internet checksum, RFC 1071, computed in full or updated incrementally as RFC 1624 says.
///
/// A *sum* is a running one's complement sum in a long, not yet folded; a *checksum* is the 16 bit
/// field as it stands in a packet.
public final class Checksums {
    private Checksums() {}

    /// The sum of `length` bytes at `offset`; an odd last byte is padded with zero.
    ///
    /// Sums may be added up, as long as all pieces but the last have an even length.
    public static long sum(ByteBuffer buffer, int offset, int length) {
        long sum = 0;
        int at = offset;
        int end = offset + length;
        for (; end - at >= 8; at += 8) {
            long word = buffer.getLong(at);
            sum += (word >>> 32) + (word & 0xFFFF_FFFFL);
        }
        for (; end - at >= 2; at += 2) {
            sum += Short.toUnsignedLong(buffer.getShort(at));
        }
        return end > at ? sum + (Byte.toUnsignedLong(buffer.get(at)) << 8) : sum;
    }

    /// The sum of the two 32 bit halves of a word, such as half an IPv6 address.
    public static long sum(long word) {
        return (word >>> 32) + (word & 0xFFFF_FFFFL);
    }

    /// Folds a sum to the 16 bit checksum field.
    public static int finish(long sum) {
        return ~fold(sum) & 0xFFFF;
    }

    /// The sum as 16 bits, not complemented: what a TUN with checksum offload wants to find.
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        return (int) folded;
    }

    /// The checksum after part of what it covers changed: RFC 1624 equation 3.
    ///
    /// @param before the sum of the old content of the part, at an even offset
    /// @param after the sum of its new content
    public static int update(int checksum, long before, long after) {
        long sum = (~checksum & 0xFFFF) + (~fold(before) & 0xFFFF) + fold(after);
        return finish(sum);
    }

    /// The header checksum of an IPv4 header, whose checksum field counts as zero.
    public static int ipv4Header(ByteBuffer buffer, int offset, int headerLength) {
        long stale = Short.toUnsignedLong(buffer.getShort(offset + 10));
        return update(finish(sum(buffer, offset, headerLength)), stale, 0);
    }

    /// The sum of the pseudo header, RFC 793 section 3.1 and RFC 8200 section 8.1.
    ///
    /// @param offset of the IPv4 or IPv6 header that holds the addresses
    public static long pseudoHeader(ByteBuffer buffer, int offset, int protocol, int l4Length) {
        boolean v4 = (buffer.get(offset) & 0xF0) == 0x40;
        return (v4 ? sum(buffer, offset + 12, 8) : sum(buffer, offset + 8, 32))
                + protocol
                + l4Length;
    }
}
