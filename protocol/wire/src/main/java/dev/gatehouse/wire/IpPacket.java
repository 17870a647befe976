package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// A reusable view of one IPv4 or IPv6 packet and the first bytes of what it carries.
///
/// Of a datagram in pieces only the first has a transport header; its checksum covers all of them,
/// so a change of addresses has to be made in each piece, and mends the checksum in the first.
///
/// [#wrap] checks what tunnel.md section 4.7 asks for, so that the accessors never read outside
/// the packet; only the limit of the packet's size is left to the caller ([#LENGTH_MAX]). The
/// setters keep all checksums right. Owned by one shard.
public final class IpPacket {
    /// What [#parse] makes of some bytes.
    public enum Verdict {
        OK,
        /// Not IPv4 or IPv6, or the length fields do not fit the bytes.
        NOT_IP,
        /// A piece of a datagram: the first one with the whole transport header, or a later one,
        /// whose transport accessors mean nothing. An only piece is [#OK].
        FRAGMENT,
        /// A piece that ends within the transport header, has an impossible length, or reaches
        /// beyond the largest datagram.
        BAD_FRAGMENT,
        /// A TCP, UDP or ICMP header that is cut, or ICMP of the wrong family.
        BAD_TRANSPORT
    }

    /// Bytes. The largest packet inside a tunnel (tunnel.md section 1.2).
    public static final int LENGTH_MAX = 1280;

    public static final int IPV4_HEADER_LENGTH_MIN = 20;
    public static final int IPV6_HEADER_LENGTH = 40;
    public static final int ICMP_HEADER_LENGTH = TransportHeader.ICMP_LENGTH;
    public static final int TCP_HEADER_LENGTH_MIN = TransportHeader.TCP_LENGTH_MIN;
    public static final int UDP_HEADER_LENGTH = TransportHeader.UDP_LENGTH;

    public static final int TCP_FIN = 0x01;
    public static final int TCP_SYN = 0x02;
    public static final int TCP_RST = 0x04;
    public static final int TCP_ACK = 0x10;

    private static final int ICMPV4_ECHO_REPLY = 0;
    private static final int ICMPV4_ECHO_REQUEST = 8;
    private static final int ICMPV6_ECHO_REQUEST = 128;
    private static final int ICMPV6_ECHO_REPLY = 129;

    private static final int V4_TOTAL_LENGTH_OFFSET = 2; // u16
    private static final int V4_ID_OFFSET = 4; // u16
    private static final int V4_FRAGMENT_OFFSET = 6; // u16
    private static final int V4_DONT_FRAGMENT = 0x4000;
    private static final int V4_MORE_FRAGMENTS = 0x2000;
    private static final int V4_TTL_OFFSET = 8; // u8
    private static final int V4_PROTOCOL_OFFSET = 9; // u8
    private static final int V4_CHECKSUM_OFFSET = 10; // u16
    private static final int V4_SOURCE_OFFSET = 12; // u32
    private static final int V4_DESTINATION_OFFSET = 16; // u32
    private static final int V6_PAYLOAD_LENGTH_OFFSET = 4; // u16
    private static final int V6_NEXT_HEADER_OFFSET = 6; // u8
    private static final int V6_HOP_LIMIT_OFFSET = 7; // u8
    private static final int V6_SOURCE_OFFSET = 8; // 16 bytes
    private static final int V6_DESTINATION_OFFSET = 24; // 16 bytes

    private static final int V6_FRAGMENT_HEADER_LENGTH = 8;
    private static final int DATAGRAM_LENGTH_MAX = 0xFFFF;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private int offset;
    private boolean v4;
    private int protocol;
    private int headerLength;
    private int totalLength;
    private boolean fragment;
    private int fragmentOffset;
    private boolean moreFragments;
    private int fragmentId;
    private int fragmentableOffset; // IPv6: of what follows the fragment header
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;

    /// Points this view at a packet. False if it is malformed: then only another wrap is allowed.
    ///
    /// @param buffer big endian
    /// @param length bytes there are; what follows the packet's own length is ignored
    public boolean wrap(ByteBuffer buffer, int offset, int length) {
        return parse(buffer, offset, length) == Verdict.OK;
    }

    /// As [#wrap], and says what is wrong.
    public Verdict parse(ByteBuffer buffer, int offset, int length) {
        this.buffer = buffer;
        this.offset = offset;
        if (length < IPV4_HEADER_LENGTH_MIN) {
            return Verdict.NOT_IP;
        }
        return switch (buffer.get(offset) >>> 4 & 0xF) {
            case 4 -> parseV4(length);
            case 6 -> parseV6(length);
            default -> Verdict.NOT_IP;
        };
    }

    private Verdict parseV4(int length) {
        v4 = true;
        headerLength = (buffer.get(offset) & 0xF) * 4;
        totalLength = u16(V4_TOTAL_LENGTH_OFFSET);
        if (headerLength < IPV4_HEADER_LENGTH_MIN
                || totalLength < headerLength
                || totalLength > length) {
            return Verdict.NOT_IP;
        }
        sourceHigh = 0;
        sourceLow = Integer.toUnsignedLong(buffer.getInt(offset + V4_SOURCE_OFFSET));
        destinationHigh = 0;
        destinationLow = Integer.toUnsignedLong(buffer.getInt(offset + V4_DESTINATION_OFFSET));
        protocol = u8(V4_PROTOCOL_OFFSET);
        int bits = u16(V4_FRAGMENT_OFFSET);
        fragmentOffset = (bits & 0x1FFF) * 8;
        moreFragments = (bits & V4_MORE_FRAGMENTS) != 0;
        fragment = fragmentOffset != 0 || moreFragments;
        if (!fragment) {
            return checkTransport();
        }
        fragmentId = u16(V4_ID_OFFSET);
        return checkFragment(totalLength - headerLength, headerLength);
    }

    private Verdict parseV6(int length) {
        v4 = false;
        if (length < IPV6_HEADER_LENGTH) {
            return Verdict.NOT_IP;
        }
        totalLength = IPV6_HEADER_LENGTH + u16(V6_PAYLOAD_LENGTH_OFFSET);
        if (totalLength > length) {
            return Verdict.NOT_IP;
        }
        sourceHigh = buffer.getLong(offset + V6_SOURCE_OFFSET);
        sourceLow = buffer.getLong(offset + V6_SOURCE_OFFSET + 8);
        destinationHigh = buffer.getLong(offset + V6_DESTINATION_OFFSET);
        destinationLow = buffer.getLong(offset + V6_DESTINATION_OFFSET + 8);
        protocol = u8(V6_NEXT_HEADER_OFFSET);
        headerLength = IPV6_HEADER_LENGTH;
        fragment = false;
        fragmentOffset = 0;
        moreFragments = false;
        if (!skipOptions()) {
            return Verdict.NOT_IP;
        }
        return protocol == IpProtocol.FRAGMENT ? parseFragmentHeader() : checkTransport();
    }

    /// Moves to what follows the hop-by-hop and destination options. False if they are cut.
    private boolean skipOptions() {
        while (protocol == IpProtocol.HOP_BY_HOP || protocol == IpProtocol.DESTINATION_OPTIONS) {
            if (totalLength - headerLength < 8) {
                return false;
            }
            protocol = u8(headerLength);
            headerLength += 8 + 8 * u8(headerLength + 1);
            if (headerLength > totalLength) {
                return false;
            }
        }
        return true;
    }

    /// The first piece has all headers up to the transport's, RFC 7112; of the later ones only the
    /// place is known.
    private Verdict parseFragmentHeader() {
        if (totalLength - headerLength < V6_FRAGMENT_HEADER_LENGTH) {
            return Verdict.NOT_IP;
        }
        protocol = u8(headerLength);
        int bits = u16(headerLength + 2);
        fragmentOffset = bits & 0xFFF8;
        moreFragments = (bits & 1) != 0;
        fragment = fragmentOffset != 0 || moreFragments;
        fragmentId = buffer.getInt(offset + headerLength + 4);
        headerLength += V6_FRAGMENT_HEADER_LENGTH;
        fragmentableOffset = headerLength;
        int payload = totalLength - headerLength;
        if (fragmentOffset == 0 && !skipOptions()) {
            return Verdict.BAD_FRAGMENT;
        }
        if (fragmentOffset == 0 && protocol == IpProtocol.FRAGMENT) {
            return Verdict.BAD_FRAGMENT; // pieces of pieces
        }
        return fragment ? checkFragment(payload, 0) : checkTransport();
    }

    /// @param payload bytes that this is a piece of
    /// @param header bytes before them that count for the length of the datagram
    private Verdict checkFragment(int payload, int header) {
        boolean good =
                payload > 0
                        && (!moreFragments || payload % 8 == 0)
                        && header + fragmentOffset + payload <= DATAGRAM_LENGTH_MAX
                        && (fragmentOffset != 0
                                || TransportHeader.isThere(
                                        buffer,
                                        transportOffset(),
                                        transportLength(),
                                        protocol,
                                        v4));
        return good ? Verdict.FRAGMENT : Verdict.BAD_FRAGMENT;
    }

    /// As [TransportHeader#isThere], and UDP's length is that of the packet. Written out here: it
    /// runs for every packet, and calls cost as much as what they would tell.
    private Verdict checkTransport() {
        int room = totalLength - headerLength;
        boolean good =
                switch (protocol) {
                    case IpProtocol.TCP -> room >= TCP_HEADER_LENGTH_MIN && isTcpHeaderWhole(room);
                    case IpProtocol.UDP -> room >= UDP_HEADER_LENGTH && isUdpWhole(room);
                    case IpProtocol.ICMP -> v4 && room >= ICMP_HEADER_LENGTH;
                    case IpProtocol.ICMPV6 -> !v4 && room >= ICMP_HEADER_LENGTH;
                    default -> true;
                };
        return good ? Verdict.OK : Verdict.BAD_TRANSPORT;
    }

    private boolean isTcpHeaderWhole(int room) {
        int header = tcpHeaderLength();
        return header >= TCP_HEADER_LENGTH_MIN && header <= room;
    }

    private boolean isUdpWhole(int room) {
        int length = u16(headerLength + TransportHeader.UDP_LENGTH_OFFSET);
        return length >= UDP_HEADER_LENGTH && length <= room;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    /// Of the first byte of the IP header in [#buffer].
    public int offset() {
        return offset;
    }

    public boolean isV4() {
        return v4;
    }

    /// 4 or 6.
    public int version() {
        return v4 ? 4 : 6;
    }

    /// The protocol behind the IPv6 hop-by-hop and destination options; see [IpProtocol].
    public int protocol() {
        return protocol;
    }

    /// Bytes before the transport header, IPv4 options or IPv6 options headers included.
    public int headerLength() {
        return headerLength;
    }

    /// True for a piece of a datagram.
    public boolean isFragment() {
        return fragment;
    }

    /// True for a piece that has no transport header.
    public boolean isLaterFragment() {
        return fragmentOffset != 0;
    }

    /// Bytes of the datagram's payload before this piece; 0 if it is the first, or whole.
    public int fragmentOffset() {
        return fragmentOffset;
    }

    /// Bytes of the datagram's payload up to the end of this piece, options behind an IPv6 fragment
    /// header included.
    public int fragmentEnd() {
        return fragmentOffset + totalLength - fragmentPayloadOffset();
    }

    /// IPv6 options behind the fragment header are part of what is cut.
    private int fragmentPayloadOffset() {
        return v4 || fragmentOffset != 0 ? headerLength : fragmentableOffset;
    }

    public boolean hasMoreFragments() {
        return moreFragments;
    }

    /// What the pieces of a datagram have in common: 16 bits, or 32 for IPv6.
    public int fragmentId() {
        return fragmentId;
    }

    /// True if a router must not cut the packet: it asks for that, or it is IPv6.
    public boolean mustNotBeCut() {
        return !v4 || (u16(V4_FRAGMENT_OFFSET) & V4_DONT_FRAGMENT) != 0;
    }

    /// Bytes of the whole packet by its own length field.
    public int totalLength() {
        return totalLength;
    }

    /// Of the transport header in [#buffer].
    public int transportOffset() {
        return offset + headerLength;
    }

    /// Bytes from the transport header on.
    public int transportLength() {
        return totalLength - headerLength;
    }

    /// Of the payload in [#buffer]: behind the TCP, UDP or ICMP header, else as [#transportOffset].
    public int payloadOffset() {
        return transportOffset()
                + switch (protocol) {
                    case IpProtocol.TCP -> tcpHeaderLength();
                    case IpProtocol.UDP -> UDP_HEADER_LENGTH;
                    case IpProtocol.ICMP, IpProtocol.ICMPV6 -> ICMP_HEADER_LENGTH;
                    default -> 0;
                };
    }

    /// 0 for IPv4.
    public long sourceHigh() {
        return sourceHigh;
    }

    /// The 32 bits of an IPv4 address, or the low half of an IPv6 address.
    public long sourceLow() {
        return sourceLow;
    }

    /// 0 for IPv4.
    public long destinationHigh() {
        return destinationHigh;
    }

    /// The 32 bits of an IPv4 address, or the low half of an IPv6 address.
    public long destinationLow() {
        return destinationLow;
    }

    /// Allocates: not for the packet path.
    public IpAddress source() {
        return address(sourceHigh, sourceLow);
    }

    /// Allocates: not for the packet path.
    public IpAddress destination() {
        return address(destinationHigh, destinationLow);
    }

    /// True if the source is `address`.
    public boolean isFrom(IpAddress address) {
        return address.isV4() == v4 && address.low() == sourceLow && address.high() == sourceHigh;
    }

    /// True if the destination is `address`.
    public boolean isTo(IpAddress address) {
        return address.isV4() == v4
                && address.low() == destinationLow
                && address.high() == destinationHigh;
    }

    private IpAddress address(long high, long low) {
        return v4 ? IpAddress.v4((int) low) : IpAddress.v6(high, low);
    }

    /// TTL or hop limit.
    public int timeToLive() {
        return u8(v4 ? V4_TTL_OFFSET : V6_HOP_LIMIT_OFFSET);
    }

    /// The two ECN bits: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.
    public int ecn() {
        return v4 ? buffer.get(offset + 1) & 3 : buffer.get(offset + 1) >>> 4 & 3;
    }

    /// Sets the two ECN bits.
    public void ecn(int ecn) {
        int before = u16(0);
        int bits = v4 ? before & ~3 | ecn : before & ~0x30 | ecn << 4;
        buffer.putShort(offset, (short) bits);
        if (v4) {
            updateV4Checksum(before, bits);
        }
    }

    public boolean isTcp() {
        return protocol == IpProtocol.TCP && fragmentOffset == 0;
    }

    public boolean isUdp() {
        return protocol == IpProtocol.UDP && fragmentOffset == 0;
    }

    /// True for ICMPv4 and ICMPv6.
    public boolean isIcmp() {
        return (protocol == IpProtocol.ICMP || protocol == IpProtocol.ICMPV6)
                && fragmentOffset == 0;
    }

    /// True if [#sourcePort] and [#destinationPort] mean something.
    public boolean hasPorts() {
        return isTcp() || isUdp();
    }

    /// TCP or UDP only.
    public int sourcePort() {
        assert hasPorts() : protocol;
        return u16(headerLength);
    }

    /// TCP or UDP only.
    public int destinationPort() {
        assert hasPorts() : protocol;
        return u16(headerLength + 2);
    }

    /// The flags byte of a TCP header.
    public int tcpFlags() {
        assert isTcp() : protocol;
        return u8(headerLength + TransportHeader.TCP_FLAGS_OFFSET);
    }

    public int tcpHeaderLength() {
        return (u8(headerLength + TransportHeader.TCP_DATA_OFFSET) >>> 4) * 4;
    }

    public int icmpType() {
        assert isIcmp() : protocol;
        return u8(headerLength);
    }

    public int icmpCode() {
        assert isIcmp() : protocol;
        return u8(headerLength + 1);
    }

    public boolean isEchoRequest() {
        return isIcmp() && icmpType() == (v4 ? ICMPV4_ECHO_REQUEST : ICMPV6_ECHO_REQUEST);
    }

    public boolean isEchoReply() {
        return isIcmp() && icmpType() == (v4 ? ICMPV4_ECHO_REPLY : ICMPV6_ECHO_REPLY);
    }

    /// The identifier of an echo request or reply.
    public int echoId() {
        return u16(headerLength + TransportHeader.ICMP_ECHO_ID_OFFSET);
    }

    /// True for ICMP that reports an error about another packet: ICMPv4 3, 4, 5, 11, 12; ICMPv6
    /// types below 128.
    public boolean isIcmpError() {
        if (!isIcmp()) {
            return false;
        }
        int type = icmpType();
        return v4 ? type >= 3 && type <= 5 || type == 11 || type == 12 : type < 128;
    }

    /// Rewrites the source address.
    ///
    /// @param high 0 for an IPv4 packet
    public void source(long high, long low) {
        replaceAddress(v4 ? V4_SOURCE_OFFSET : V6_SOURCE_OFFSET, high, low);
        sourceHigh = high;
        sourceLow = low;
    }

    /// Rewrites the destination address.
    ///
    /// @param high 0 for an IPv4 packet
    public void destination(long high, long low) {
        replaceAddress(v4 ? V4_DESTINATION_OFFSET : V6_DESTINATION_OFFSET, high, low);
        destinationHigh = high;
        destinationLow = low;
    }

    private void replaceAddress(int field, long high, long low) {
        int at = offset + field;
        long before;
        if (v4) {
            before = Integer.toUnsignedLong(buffer.getInt(at));
            buffer.putInt(at, (int) low);
            updateV4Checksum(before, low);
        } else {
            before = Checksums.sum(buffer.getLong(at)) + Checksums.sum(buffer.getLong(at + 8));
            buffer.putLong(at, high);
            buffer.putLong(at + 8, low);
        }
        boolean hasPseudoHeader = protocol != IpProtocol.ICMP && fragmentOffset == 0;
        if (hasPseudoHeader) {
            updateTransportChecksum(before, Checksums.sum(high) + Checksums.sum(low));
        }
    }

    /// Rewrites the source port of TCP or UDP.
    public void sourcePort(int port) {
        assert hasPorts() : protocol;
        replace16(headerLength, port);
    }

    /// Rewrites the destination port of TCP or UDP.
    public void destinationPort(int port) {
        assert hasPorts() : protocol;
        replace16(headerLength + 2, port);
    }

    /// Rewrites the identifier of an echo request or reply.
    public void echoId(int id) {
        assert isEchoRequest() || isEchoReply() : protocol;
        replace16(headerLength + TransportHeader.ICMP_ECHO_ID_OFFSET, id);
    }

    private void replace16(int field, int value) {
        int before = u16(field);
        buffer.putShort(offset + field, (short) value);
        updateTransportChecksum(before, value);
    }

    private void updateV4Checksum(long before, long after) {
        int checksum = Checksums.update(u16(V4_CHECKSUM_OFFSET), before, after);
        buffer.putShort(offset + V4_CHECKSUM_OFFSET, (short) checksum);
    }

    private void updateTransportChecksum(long before, long after) {
        switch (protocol) {
            case IpProtocol.TCP ->
                    update(headerLength + TransportHeader.TCP_CHECKSUM_OFFSET, before, after);
            case IpProtocol.ICMP, IpProtocol.ICMPV6 ->
                    update(headerLength + TransportHeader.ICMP_CHECKSUM_OFFSET, before, after);
            case IpProtocol.UDP -> updateUdp(before, after);
            default -> {}
        }
    }

    private void update(int field, long before, long after) {
        int checksum = Checksums.update(u16(field), before, after);
        buffer.putShort(offset + field, (short) checksum);
    }

    /// Zero means "no checksum" and becomes a real one, but for a piece: the sum is of all pieces.
    private void updateUdp(long before, long after) {
        int field = headerLength + TransportHeader.UDP_CHECKSUM_OFFSET;
        if (u16(field) == 0) {
            if (!fragment) {
                writeTransportChecksum();
            }
            return;
        }
        int checksum = Checksums.update(u16(field), before, after);
        buffer.putShort(offset + field, (short) (checksum == 0 ? 0xFFFF : checksum));
    }

    /// Recomputes the checksum of TCP, UDP or ICMP in full; nothing for other protocols.
    public void writeTransportChecksum() {
        int inHeader = TransportHeader.checksumOffset(protocol);
        int field = headerLength + inHeader;
        if (inHeader >= 0) {
            buffer.putShort(offset + field, (short) 0);
            int checksum = Checksums.finish(transportSum());
            boolean udpZero = protocol == IpProtocol.UDP && checksum == 0;
            buffer.putShort(offset + field, (short) (udpZero ? 0xFFFF : checksum));
        }
    }

    /// True if the checksum of TCP, UDP or ICMP is right, and where there is none: UDP without
    /// one, other protocols.
    public boolean isTransportChecksumValid() {
        boolean unchecked = isUdp() && u16(headerLength + TransportHeader.UDP_CHECKSUM_OFFSET) == 0;
        return unchecked || !hasPorts() && !isIcmp() || Checksums.finish(transportSum()) == 0;
    }

    private long transportSum() {
        int length =
                isUdp()
                        ? u16(headerLength + TransportHeader.UDP_LENGTH_OFFSET)
                        : totalLength - headerLength;
        long sum = Checksums.sum(buffer, offset + headerLength, length);
        return protocol == IpProtocol.ICMP
                ? sum
                : sum + Checksums.pseudoHeader(buffer, offset, protocol, length);
    }

    private int u8(int at) {
        return Byte.toUnsignedInt(buffer.get(offset + at));
    }

    private int u16(int at) {
        return Short.toUnsignedInt(buffer.getShort(offset + at));
    }
}
