package dev.gatehouse.stun;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes one STUN message: attributes in the order of the calls, padded with zero bytes.
///
/// Zero padding is a must: relays and clients verify signatures over re-encoded attributes
/// (tunnel.md section 3.2).
public final class StunWriter {
    private static final int METHOD_MAX = 0xFFF;
    private static final int VALUE_LENGTH_MAX = 763; // the longest text attribute of RFC 8489
    private static final int LENGTH_OFFSET = 2;
    private static final int COOKIE_OFFSET = 4;

    private ByteBuffer bytes = ByteBuffer.allocate(256);

    public StunWriter(MessageClass messageClass, int method, TransactionId id) {
        if (method < 0 || method > METHOD_MAX) {
            throw new IllegalArgumentException("method out of range: 0x%x".formatted(method));
        }
        int c = messageClass.ordinal();
        int methodBits = method & 0xF | (method & 0x70) << 1 | (method & 0xF80) << 2;
        bytes.putShort((short) (methodBits | (c & 1) << 4 | (c & 2) << 7));
        bytes.putShort((short) 0);
        bytes.putInt(StunMessage.MAGIC_COOKIE);
        bytes.putInt(id.a()).putInt(id.b()).putInt(id.c());
    }

    public StunWriter software(String text) {
        return text(StunAttributes.SOFTWARE, text);
    }

    public StunWriter username(String text) {
        return text(StunAttributes.USERNAME, text);
    }

    public StunWriter realm(String text) {
        return text(StunAttributes.REALM, text);
    }

    public StunWriter nonce(String text) {
        return text(StunAttributes.NONCE, text);
    }

    /// @param seconds unsigned 32 bits
    public StunWriter lifetime(long seconds) {
        return u32(StunAttributes.LIFETIME, seconds);
    }

    public StunWriter xorMappedAddress(Endpoint endpoint) {
        return address(StunAttributes.XOR_MAPPED_ADDRESS, endpoint);
    }

    public StunWriter xorPeerAddress(Endpoint endpoint) {
        return address(StunAttributes.XOR_PEER_ADDRESS, endpoint);
    }

    public StunWriter xorRelayedAddress(Endpoint endpoint) {
        return address(StunAttributes.XOR_RELAYED_ADDRESS, endpoint);
    }

    /// @param code 300 to 699
    public StunWriter errorCode(int code, String reason) {
        if (code < 300 || code > 699) {
            throw new IllegalArgumentException("error code out of range: " + code);
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        var value = ByteBuffer.allocate(4 + text.length);
        value.putShort((short) 0).put((byte) (code / 100)).put((byte) (code % 100)).put(text);
        return attribute(StunAttributes.ERROR_CODE, value.array());
    }

    public StunWriter channelNumber(int channel) {
        return u32(StunAttributes.CHANNEL_NUMBER, ChannelData.requireChannel(channel) << 16);
    }

    public StunWriter requestedTransportUdp() {
        return u32(StunAttributes.REQUESTED_TRANSPORT, StunAttributes.TRANSPORT_UDP << 24);
    }

    public StunWriter requestedAddressFamily(IpAddress.Family family) {
        return u32(StunAttributes.REQUESTED_ADDRESS_FAMILY, familyNumber(family) << 24);
    }

    public StunWriter additionalAddressFamilyIpv6() {
        return u32(StunAttributes.ADDITIONAL_ADDRESS_FAMILY, StunAttributes.FAMILY_IPV6 << 24);
    }

    /// @param priority unsigned 32 bits
    public StunWriter priority(long priority) {
        return u32(StunAttributes.PRIORITY, priority);
    }

    public StunWriter useCandidate() {
        return attribute(StunAttributes.USE_CANDIDATE, new byte[0]);
    }

    public StunWriter iceControlled(long tieBreaker) {
        return u64(StunAttributes.ICE_CONTROLLED, tieBreaker);
    }

    public StunWriter iceControlling(long tieBreaker) {
        return u64(StunAttributes.ICE_CONTROLLING, tieBreaker);
    }

    /// Any other attribute.
    ///
    /// @param value at most 763 bytes
    public StunWriter attribute(int type, byte[] value) {
        if (type < 0 || type > 0xFFFF) {
            throw new IllegalArgumentException("attribute type out of range: " + type);
        }
        if (value.length > VALUE_LENGTH_MAX) {
            throw new IllegalArgumentException("attribute too long: " + value.length);
        }
        int padded = value.length + 3 & ~3;
        reserve(Integrity.ATTRIBUTE_HEADER_LENGTH + padded);
        bytes.putShort((short) type).putShort((short) value.length).put(value);
        for (int i = value.length; i < padded; i++) {
            bytes.put((byte) 0);
        }
        return this;
    }

    /// The message as it is, unsigned.
    public byte[] build() {
        bytes.putShort(LENGTH_OFFSET, (short) (bytes.position() - StunMessage.HEADER_LENGTH));
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /// The message with MESSAGE-INTEGRITY as its last attribute. Call one build method, once.
    ///
    /// @param key the password's bytes (short-term) or [TurnCredentials#longTermKey]
    public byte[] buildSigned(byte[] key) {
        byte[] hmac = Integrity.hmac(bytes.array(), bytes.position(), key);
        return attribute(StunAttributes.MESSAGE_INTEGRITY, hmac).build();
    }

    /// The message with MESSAGE-INTEGRITY and FINGERPRINT.
    public byte[] buildSignedWithFingerprint(byte[] key) {
        byte[] hmac = Integrity.hmac(bytes.array(), bytes.position(), key);
        attribute(StunAttributes.MESSAGE_INTEGRITY, hmac);
        u32(StunAttributes.FINGERPRINT, 0);
        byte[] message = build();
        int end = message.length - Integrity.FINGERPRINT_LENGTH;
        int crc = Integrity.fingerprint(message, end - Integrity.ATTRIBUTE_HEADER_LENGTH);
        ByteBuffer.wrap(message).putInt(end, crc);
        return message;
    }

    private StunWriter text(int type, String text) {
        return attribute(type, text.getBytes(StandardCharsets.UTF_8));
    }

    private StunWriter u32(int type, long value) {
        return attribute(type, ByteBuffer.allocate(4).putInt((int) value).array());
    }

    private StunWriter u64(int type, long value) {
        return attribute(type, ByteBuffer.allocate(8).putLong(value).array());
    }

    private StunWriter address(int type, Endpoint endpoint) {
        var address = endpoint.address();
        var value = ByteBuffer.allocate(4 + address.bits() / 8);
        value.putShort((short) familyNumber(address.family()));
        value.putShort((short) (endpoint.port() ^ StunMessage.MAGIC_COOKIE >>> 16));
        address.write(value, 4);
        for (int i = 4; i < value.capacity(); i++) {
            value.put(i, (byte) (value.get(i) ^ bytes.get(COOKIE_OFFSET + i - 4)));
        }
        return attribute(type, value.array());
    }

    private static int familyNumber(IpAddress.Family family) {
        return switch (family) {
            case IPV4 -> StunAttributes.FAMILY_IPV4;
            case IPV6 -> StunAttributes.FAMILY_IPV6;
        };
    }

    private void reserve(int more) {
        if (bytes.remaining() < more) {
            int capacity = Math.max(2 * bytes.capacity(), bytes.position() + more);
            int position = bytes.position();
            bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), capacity)).position(position);
        }
    }
}
