package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// Writes ICMP error packets, tunnel.md sections 6.7 and 7.5. Allocates nothing.
public final class IcmpErrors {
    /// What the gateway itself reports about a client's packet.
    public enum Kind {
        PROHIBITED(3, 13, 1, 1, 0),
        NETWORK_UNREACHABLE(3, 0, 1, 3, 0),
        /// Above what fits in a tunnel: says how much does.
        TOO_BIG(3, 4, 2, 0, IpPacket.LENGTH_MAX);

        private final int v4;
        private final int v6;
        private final int rest;

        Kind(int v4Type, int v4Code, int v6Type, int v6Code, int rest) {
            v4 = v4Type << 8 | v4Code;
            v6 = v6Type << 8 | v6Code;
            this.rest = rest;
        }
    }

    public static final int TIME_TO_LIVE = 20;

    /// Where the embedded packet begins: behind the IPv4 and the ICMP header.
    public static final int V4_BODY_OFFSET =
            IpPacket.IPV4_HEADER_LENGTH_MIN + IpPacket.ICMP_HEADER_LENGTH;

    /// Where the embedded packet begins: behind the IPv6 and the ICMP header.
    public static final int V6_BODY_OFFSET =
            IpPacket.IPV6_HEADER_LENGTH + IpPacket.ICMP_HEADER_LENGTH;

    /// Bytes of the embedded packet behind its IPv4 header, and of all of an IPv6 packet.
    public static final int V4_BODY_AFTER_HEADER_LENGTH = 8;

    public static final int V6_BODY_LENGTH_MAX = 1200;

    private IcmpErrors() {}

    /// Writes the error that answers `original`: from its destination to its source.
    ///
    /// @param out big endian, room for [IpPacket#LENGTH_MAX] bytes; not where `original` lies
    /// @return the length of the packet at `outOffset`
    public static int write(Kind kind, IpPacket original, ByteBuffer out, int outOffset) {
        var in = original.buffer();
        int at = original.offset();
        if (original.isV4()) {
            int body =
                    Math.min(
                            original.headerLength() + V4_BODY_AFTER_HEADER_LENGTH,
                            original.totalLength());
            out.put(outOffset + V4_BODY_OFFSET, in, at, body);
            out.putInt(outOffset + 12, (int) original.destinationLow());
            out.putInt(outOffset + 16, (int) original.sourceLow());
            return finishV4(out, outOffset, body, kind.v4, kind.rest);
        }
        int body = Math.min(original.totalLength(), V6_BODY_LENGTH_MAX);
        out.put(outOffset + V6_BODY_OFFSET, in, at, body);
        out.putLong(outOffset + 8, original.destinationHigh());
        out.putLong(outOffset + 16, original.destinationLow());
        out.putLong(outOffset + 24, original.sourceHigh());
        out.putLong(outOffset + 32, original.sourceLow());
        return finishV6(out, outOffset, body, kind.v6, kind.rest);
    }

    /// Completes an ICMPv4 error whose addresses and body are written: all the other fields of
    /// both headers, and the checksums.
    ///
    /// @param typeAndCode type << 8 | code
    /// @param rest the last four bytes of the ICMP header, such as the next hop's MTU
    /// @return the length of the packet
    public static int finishV4(
            ByteBuffer out, int offset, int bodyLength, int typeAndCode, int rest) {
        int length = V4_BODY_OFFSET + bodyLength;
        out.putInt(offset, 0x4500_0000 | length);
        out.putInt(offset + 4, 0);
        out.putShort(offset + 8, (short) (TIME_TO_LIVE << 8 | IpProtocol.ICMP));
        out.putShort(offset + 10, (short) 0);
        int checksum = Checksums.ipv4Header(out, offset, IpPacket.IPV4_HEADER_LENGTH_MIN);
        out.putShort(offset + 10, (short) checksum);
        int icmp = offset + IpPacket.IPV4_HEADER_LENGTH_MIN;
        out.putInt(icmp, typeAndCode << 16);
        out.putInt(icmp + 4, rest);
        long sum = Checksums.sum(out, icmp, IpPacket.ICMP_HEADER_LENGTH + bodyLength);
        out.putShort(icmp + 2, (short) Checksums.finish(sum));
        return length;
    }

    /// As [#finishV4], for ICMPv6.
    public static int finishV6(
            ByteBuffer out, int offset, int bodyLength, int typeAndCode, int rest) {
        int icmpLength = IpPacket.ICMP_HEADER_LENGTH + bodyLength;
        out.putInt(offset, 0x6000_0000);
        out.putShort(offset + 4, (short) icmpLength);
        out.putShort(offset + 6, (short) (IpProtocol.ICMPV6 << 8 | TIME_TO_LIVE));
        int icmp = offset + IpPacket.IPV6_HEADER_LENGTH;
        out.putInt(icmp, typeAndCode << 16);
        out.putInt(icmp + 4, rest);
        long sum =
                Checksums.sum(out, icmp, icmpLength)
                        + Checksums.pseudoHeader(out, offset, IpProtocol.ICMPV6, icmpLength);
        out.putShort(icmp + 2, (short) Checksums.finish(sum));
        return V6_BODY_OFFSET + bodyLength;
    }
}
