package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// Where the fields of TCP, UDP and ICMP headers are, and whether such a header is whole
/// (RFC 9293 section 3.1, RFC 768, RFC 792, RFC 4443). Allocates nothing: runs per packet.
final class TransportHeader {
    static final int TCP_LENGTH_MIN = 20;
    static final int TCP_DATA_OFFSET = 12; // u4
    static final int TCP_FLAGS_OFFSET = 13; // u8
    static final int TCP_CHECKSUM_OFFSET = 16; // u16
    static final int UDP_LENGTH = 8;
    static final int UDP_LENGTH_OFFSET = 4; // u16
    static final int UDP_CHECKSUM_OFFSET = 6; // u16
    static final int ICMP_LENGTH = 8;
    static final int ICMP_CHECKSUM_OFFSET = 2; // u16
    static final int ICMP_ECHO_ID_OFFSET = 4; // u16

    private TransportHeader() {}

    /// Whether the first piece of a datagram, `room` bytes at `at`, holds the whole header. UDP's
    /// length says nothing here: the rest of it is in other pieces.
    static boolean isThere(ByteBuffer buffer, int at, int room, int protocol, boolean v4) {
        return switch (protocol) {
            case IpProtocol.TCP -> room >= TCP_LENGTH_MIN && isTcpWhole(buffer, at, room);
            case IpProtocol.UDP -> room >= UDP_LENGTH;
            case IpProtocol.ICMP -> v4 && room >= ICMP_LENGTH;
            case IpProtocol.ICMPV6 -> !v4 && room >= ICMP_LENGTH;
            default -> true;
        };
    }

    private static boolean isTcpWhole(ByteBuffer buffer, int at, int room) {
        int header = tcpLength(buffer, at);
        return header >= TCP_LENGTH_MIN && header <= room;
    }

    /// Bytes of the TCP header at `at`, options included, as it says.
    static int tcpLength(ByteBuffer buffer, int at) {
        return (Byte.toUnsignedInt(buffer.get(at + TCP_DATA_OFFSET)) >>> 4) * 4;
    }

    /// Of the checksum in the header of `protocol`; -1 for others.
    static int checksumOffset(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> TCP_CHECKSUM_OFFSET;
            case IpProtocol.UDP -> UDP_CHECKSUM_OFFSET;
            case IpProtocol.ICMP, IpProtocol.ICMPV6 -> ICMP_CHECKSUM_OFFSET;
            default -> -1;
        };
    }
}
