package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.nio.ByteBuffer;

/// A reusable view of the packet inside an ICMP error, which may be cut: tunnel.md 6.7 step 1.
public final class EmbeddedPacket {
    private static final int FRAGMENT_HEADER_LENGTH = 8; // of IPv6
    private static final int ICMPV4_ECHO_REQUEST = 8;
    private static final int ICMPV6_ECHO_REQUEST = 128;

    private int offset;
    private int length;
    private int kind;
    private int idOffset;
    private int id;
    private int destinationPort;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;

    /// Points this view at what an ICMP error embeds. False if it is too short to tell its flow.
    public boolean wrap(IpPacket error) {
        var buffer = error.buffer();
        offset = error.payloadOffset();
        length = error.offset() + error.totalLength() - offset;
        int headerMin =
                error.isV4() ? IpPacket.IPV4_HEADER_LENGTH_MIN : IpPacket.IPV6_HEADER_LENGTH;
        if (length < headerMin || (buffer.get(offset) >>> 4 & 0xF) != error.version()) {
            return false;
        }
        return error.isV4() ? wrapV4(buffer) : wrapV6(buffer);
    }

    private boolean wrapV4(ByteBuffer buffer) {
        int header = (buffer.get(offset) & 0xF) * 4;
        sourceHigh = 0;
        sourceLow = Integer.toUnsignedLong(buffer.getInt(offset + 12));
        destinationHigh = 0;
        destinationLow = Integer.toUnsignedLong(buffer.getInt(offset + 16));
        int protocol = Byte.toUnsignedInt(buffer.get(offset + 9));
        boolean first = (buffer.getShort(offset + 6) & 0x1FFF) == 0;
        return first
                && header >= IpPacket.IPV4_HEADER_LENGTH_MIN
                && readIds(buffer, header, protocol, ICMPV4_ECHO_REQUEST);
    }

    private boolean wrapV6(ByteBuffer buffer) {
        sourceHigh = buffer.getLong(offset + 8);
        sourceLow = buffer.getLong(offset + 16);
        destinationHigh = buffer.getLong(offset + 24);
        destinationLow = buffer.getLong(offset + 32);
        int protocol = Byte.toUnsignedInt(buffer.get(offset + 6));
        int header = IpPacket.IPV6_HEADER_LENGTH;
        if (protocol == IpProtocol.FRAGMENT) {
            boolean first =
                    length >= header + FRAGMENT_HEADER_LENGTH
                            && (buffer.getShort(offset + header + 2) & 0xFFF8) == 0;
            if (!first) {
                return false;
            }
            protocol = Byte.toUnsignedInt(buffer.get(offset + header));
            header += FRAGMENT_HEADER_LENGTH;
        }
        return readIds(buffer, header, protocol, ICMPV6_ECHO_REQUEST);
    }

    private boolean readIds(ByteBuffer buffer, int header, int protocol, int echoRequest) {
        int room = length - header;
        destinationPort = 0;
        switch (protocol) {
            case IpProtocol.TCP, IpProtocol.UDP -> {
                kind = protocol;
                idOffset = header;
                if (room < 4) {
                    return false;
                }
                destinationPort = Short.toUnsignedInt(buffer.getShort(offset + header + 2));
            }
            case IpProtocol.ICMP, IpProtocol.ICMPV6 -> {
                kind = IpProtocol.ICMP;
                idOffset = header + 4;
                boolean echo = room >= 6 && (buffer.get(offset + header) & 0xFF) == echoRequest;
                if (!echo) {
                    return false;
                }
            }
            default -> {
                return false;
            }
        }
        id = Short.toUnsignedInt(buffer.getShort(offset + idOffset));
        return true;
    }

    /// Of the embedded packet in the error's buffer.
    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    /// As [Translation#kind].
    public int kind() {
        return kind;
    }

    /// The source port or echo identifier.
    public int id() {
        return id;
    }

    /// Of the id, from the embedded packet's first byte.
    int idOffset() {
        return idOffset;
    }

    public boolean isFrom(IpAddress address) {
        return sourceHigh == address.high() && sourceLow == address.low();
    }

    /// 0 for an echo.
    public int destinationPort() {
        return destinationPort;
    }

    public long destinationHigh() {
        return destinationHigh;
    }

    public long destinationLow() {
        return destinationLow;
    }
}
