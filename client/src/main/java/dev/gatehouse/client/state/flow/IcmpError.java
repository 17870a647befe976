package dev.gatehouse.client.state.flow;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.util.Optional;

/// What an ICMP error says, and of which packet: that one is cut short, so only its addresses are
/// read, and where its ports would be.
public final class IcmpError {
    private static final int V4_UNREACHABLE = 3;
    private static final int V4_TOO_BIG = 4; // a code, as is the next one
    private static final int V4_PROHIBITED = 13;
    private static final int V6_UNREACHABLE = 1;
    private static final int V6_PROHIBITED = 1; // a code
    private static final int V4_DESTINATION_OFFSET = 16;
    private static final int V6_DESTINATION_OFFSET = 24;

    private IcmpError() {}

    /// Whether whoever sent it does not allow that packet.
    public static boolean isProhibited(IpPacket error) {
        if (!error.isIcmp()) {
            return false;
        }
        return error.isV4()
                ? error.icmpType() == V4_UNREACHABLE && error.icmpCode() == V4_PROHIBITED
                : error.icmpType() == V6_UNREACHABLE && error.icmpCode() == V6_PROHIBITED;
    }

    /// Whether nothing else of that kind gets there either.
    public static boolean isUnreachable(IpPacket error) {
        return error.isV4()
                ? error.icmpType() == V4_UNREACHABLE && error.icmpCode() != V4_TOO_BIG
                : error.icmpType() == V6_UNREACHABLE;
    }

    /// Where the packet inside was going.
    public static Optional<IpAddress> destination(IpPacket error) {
        int at = error.payloadOffset();
        int length = error.offset() + error.totalLength() - at;
        var buffer = error.buffer();
        if (error.isV4()) {
            return length < IpPacket.IPV4_HEADER_LENGTH_MIN
                    ? Optional.empty()
                    : Optional.of(IpAddress.readV4(buffer, at + V4_DESTINATION_OFFSET));
        }
        return length < IpPacket.IPV6_HEADER_LENGTH
                ? Optional.empty()
                : Optional.of(IpAddress.readV6(buffer, at + V6_DESTINATION_OFFSET));
    }

    /// Where the ports of that packet are, if it has no options.
    public static int transportOffset(IpPacket error) {
        return error.payloadOffset()
                + (error.isV4() ? IpPacket.IPV4_HEADER_LENGTH_MIN : IpPacket.IPV6_HEADER_LENGTH);
    }
}
