package dev.gatehouse.relay.server.request;

import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import java.nio.ByteBuffer;

/// Tells which error a request with an undecodable attribute gets, relay.md 6 and 9: 400 for
/// invalid content, 500 for a body that ends too early.
public final class AttributeFault {
    static final int NONE = 0;

    private static final int HEADER_LENGTH = 4;
    private static final int NOT_READ = -1;
    private static final int ADDRESS_V4_LENGTH = 8;
    private static final int ADDRESS_V6_LENGTH = 20;

    private AttributeFault() {}

    /// @param buffer holds the request at `offset`
    /// @return an error code or [#NONE]
    public static int of(StunMessage request, ByteBuffer buffer, int offset, int length) {
        var malformed = request.malformedAttribute();
        if (malformed.isEmpty()) {
            return NONE;
        }
        int type = malformed.getAsInt();
        int end = offset + length;
        int at = offset + StunMessage.HEADER_LENGTH;
        while (at + HEADER_LENGTH <= end && u16(buffer, at) != type) {
            at += HEADER_LENGTH + (u16(buffer, at + 2) + 3 & ~3);
        }
        int needed = neededLength(type, buffer, at);
        if (needed == NOT_READ) {
            return NONE;
        }
        return u16(buffer, at + 2) < needed ? StunErrors.SERVER_ERROR : StunErrors.BAD_REQUEST;
    }

    /// Attributes that a relay does not read cannot be wrong to it.
    private static int neededLength(int type, ByteBuffer buffer, int at) {
        return switch (type) {
            case StunAttributes.USERNAME,
                    StunAttributes.REALM,
                    StunAttributes.NONCE,
                    StunAttributes.SOFTWARE ->
                    0;
            case StunAttributes.MESSAGE_INTEGRITY -> 20;
            case StunAttributes.CHANNEL_NUMBER,
                    StunAttributes.LIFETIME,
                    StunAttributes.REQUESTED_ADDRESS_FAMILY,
                    StunAttributes.ADDITIONAL_ADDRESS_FAMILY,
                    StunAttributes.REQUESTED_TRANSPORT ->
                    4;
            case StunAttributes.XOR_PEER_ADDRESS -> addressLength(buffer, at);
            default -> NOT_READ;
        };
    }

    private static int addressLength(ByteBuffer buffer, int at) {
        boolean v6 =
                u16(buffer, at + 2) > 1
                        && buffer.get(at + HEADER_LENGTH + 1) == StunAttributes.FAMILY_IPV6;
        return v6 ? ADDRESS_V6_LENGTH : ADDRESS_V4_LENGTH;
    }

    private static int u16(ByteBuffer buffer, int at) {
        return Short.toUnsignedInt(buffer.getShort(at));
    }
}
