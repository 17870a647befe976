package dev.gatehouse.wireguard.handshake;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Offsets in handshake messages, tunnel.md 4.2, and helpers to read and write them.
public final class HandshakeFields {
    static final int SENDER_OFFSET = 4; // u32
    static final int INITIATION_EPHEMERAL_OFFSET = 8; // 32 bytes
    static final int INITIATION_STATIC_OFFSET = 40; // 48 bytes
    static final int INITIATION_STATIC_LENGTH = 32 + 16;
    static final int INITIATION_TIMESTAMP_OFFSET = 88; // 28 bytes
    static final int INITIATION_TIMESTAMP_LENGTH = Tai64n.LENGTH + 16;
    public static final int RESPONSE_RECEIVER_OFFSET = 8; // u32
    static final int RESPONSE_EPHEMERAL_OFFSET = 12; // 32 bytes
    static final int RESPONSE_EMPTY_OFFSET = 44; // 16 bytes
    static final int COOKIE_RECEIVER_OFFSET = 4; // u32
    static final int COOKIE_NONCE_OFFSET = 8; // 24 bytes
    static final int COOKIE_OFFSET = 32; // 32 bytes
    static final int SEALED_COOKIE_LENGTH = 16 + 16;
    static final int KEY_LENGTH = 32;

    /// mac1 and mac2 are the last two fields of types 1 and 2.
    static final int MAC1_FROM_END = 32;

    static final int MAC2_FROM_END = 16;

    private HandshakeFields() {}

    static byte[] message(int type, int length) {
        var message = new byte[length];
        message[0] = (byte) type;
        return message;
    }

    /// Copies `length` bytes at `offset` of a datagram.
    public static byte[] copy(ByteBuffer b, int offset, int length) {
        var bytes = new byte[length];
        b.get(offset, bytes);
        return bytes;
    }

    static byte[] field(byte[] message, int offset, int length) {
        return Arrays.copyOfRange(message, offset, offset + length);
    }

    static void put(byte[] message, int offset, byte[] field) {
        System.arraycopy(field, 0, message, offset, field.length);
    }

    static void putIndex(byte[] message, int offset, int index) {
        ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, index);
    }

    /// A session index, little endian, at `offset`.
    public static int index(byte[] message, int offset) {
        return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }
}
