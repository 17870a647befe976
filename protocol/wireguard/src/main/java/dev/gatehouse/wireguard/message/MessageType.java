package dev.gatehouse.wireguard.message;

import java.nio.ByteBuffer;

/// The kinds of WireGuard datagrams and their fixed fields, tunnel.md 4.2.
///
/// Buffers are big endian, as everywhere in this project; WireGuard's integers are little endian.
public final class MessageType {
    public static final int NONE = 0;
    public static final int INITIATION = 1;
    public static final int RESPONSE = 2;
    public static final int COOKIE_REPLY = 3;
    public static final int DATA = 4;

    public static final int INITIATION_LENGTH = 4 + 4 + 32 + (32 + 16) + (12 + 16) + 16 + 16;
    public static final int RESPONSE_LENGTH = 4 + 4 + 4 + 32 + 16 + 16 + 16;
    public static final int COOKIE_REPLY_LENGTH = 4 + 4 + 24 + (16 + 16);
    public static final int DATA_HEADER_LENGTH = 4 + 4 + 8;

    /// Bytes that a data packet adds to its plaintext: header and tag.
    public static final int DATA_OVERHEAD_LENGTH = DATA_HEADER_LENGTH + 16;

    private static final int SENDER_OFFSET = 4;
    private static final int HANDSHAKE_RECEIVER_OFFSET = 8;
    private static final int RECEIVER_OFFSET = 4;

    private MessageType() {}

    /// One of the constants of this class; [#NONE] unless type and length fit exactly.
    public static int of(ByteBuffer b, int offset, int length) {
        if (length < DATA_OVERHEAD_LENGTH) {
            return NONE;
        }
        int type = Integer.reverseBytes(b.getInt(offset));
        return switch (type) {
            case INITIATION -> length == INITIATION_LENGTH ? type : NONE;
            case RESPONSE -> length == RESPONSE_LENGTH ? type : NONE;
            case COOKIE_REPLY -> length == COOKIE_REPLY_LENGTH ? type : NONE;
            case DATA -> type;
            default -> NONE;
        };
    }

    /// The receiver index of a type 2, 3 or 4.
    public static int receiver(ByteBuffer b, int offset) {
        int type = Integer.reverseBytes(b.getInt(offset));
        int at = type == RESPONSE ? HANDSHAKE_RECEIVER_OFFSET : RECEIVER_OFFSET;
        return Integer.reverseBytes(b.getInt(offset + at));
    }

    /// The connection id of a type 2, 3 or 4: what tells tunnels apart.
    public static int connectionId(ByteBuffer b, int offset) {
        return receiver(b, offset) >>> 8;
    }

    /// The sender index of a type 1 or 2.
    public static int sender(ByteBuffer b, int offset) {
        return Integer.reverseBytes(b.getInt(offset + SENDER_OFFSET));
    }
}
