package dev.gatehouse.stun;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// A decoded STUN message; keeps its own copy of the received bytes.
///
/// The header and the attribute framing are checked by [#decode]; the body of an attribute is
/// decoded when asked for. An accessor is empty when its attribute is missing or malformed:
/// [#malformedAttribute] tells the two apart. Unknown attributes are skipped (relay.md section 6),
/// and so is everything behind MESSAGE-INTEGRITY but FINGERPRINT (tunnel.md section 2.8). Of an
/// attribute that occurs twice the first counts.
public final class StunMessage implements Decoded {
    /// The two class bits, RFC 8489 section 5.
    public enum MessageClass {
        REQUEST,
        INDICATION,
        SUCCESS,
        ERROR
    }

    public static final int HEADER_LENGTH = Integrity.HEADER_LENGTH;
    public static final int MAGIC_COOKIE = 0x2112A442;

    private static final int LENGTH_OFFSET = 2; // u16
    private static final int COOKIE_OFFSET = 4; // u32
    private static final int TRANSACTION_ID_OFFSET = 8; // 12 bytes

    private static final int USERNAME_BYTES_MAX = 512;
    private static final int TEXT_CHARACTERS_MAX = 127;
    private static final int ATTRIBUTE_HEADER_LENGTH = Integrity.ATTRIBUTE_HEADER_LENGTH;

    private final ByteBuffer bytes;
    private final int[] types;
    private final int[] valueOffsets;
    private final int[] valueLengths;

    private StunMessage(ByteBuffer bytes, int[] types, int[] valueOffsets, int[] valueLengths) {
        this.bytes = bytes;
        this.types = types;
        this.valueOffsets = valueOffsets;
        this.valueLengths = valueLengths;
    }

    /// Decodes the whole of `length` bytes at `offset`; copies them, `buffer` is free afterwards.
    ///
    /// @param buffer big endian
    public static Decoded decode(ByteBuffer buffer, int offset, int length) {
        if (length < HEADER_LENGTH) {
            return Rejected.TOO_SHORT;
        }
        if ((buffer.get(offset) & 0xC0) != 0) {
            return Rejected.NOT_STUN;
        }
        if (buffer.getInt(offset + COOKIE_OFFSET) != MAGIC_COOKIE) {
            return Rejected.WRONG_COOKIE;
        }
        int attributesLength = Short.toUnsignedInt(buffer.getShort(offset + LENGTH_OFFSET));
        if (attributesLength != length - HEADER_LENGTH || (attributesLength & 3) != 0) {
            return Rejected.WRONG_LENGTH;
        }
        var copy = new byte[length];
        buffer.get(offset, copy);
        return index(ByteBuffer.wrap(copy));
    }

    private static Decoded index(ByteBuffer bytes) {
        int most = (bytes.capacity() - HEADER_LENGTH) / ATTRIBUTE_HEADER_LENGTH;
        var types = new int[most];
        var offsets = new int[most];
        var lengths = new int[most];
        int count = 0;
        boolean signed = false;
        int at = HEADER_LENGTH;
        while (at < bytes.capacity()) {
            int type = Short.toUnsignedInt(bytes.getShort(at));
            int length = Short.toUnsignedInt(bytes.getShort(at + 2));
            at += ATTRIBUTE_HEADER_LENGTH;
            if (length > bytes.capacity() - at) {
                return Rejected.TRUNCATED_ATTRIBUTE;
            }
            if (!signed || type == StunAttributes.FINGERPRINT) {
                types[count] = type;
                offsets[count] = at;
                lengths[count] = length;
                count++;
            }
            signed |= type == StunAttributes.MESSAGE_INTEGRITY;
            at += length + 3 & ~3;
        }
        return new StunMessage(
                bytes,
                Arrays.copyOf(types, count),
                Arrays.copyOf(offsets, count),
                Arrays.copyOf(lengths, count));
    }

    public MessageClass messageClass() {
        int type = bytes.getShort(0);
        return MessageClass.values()[type >>> 4 & 1 | type >>> 7 & 2];
    }

    /// One of [StunMethods], or any other 12 bit number.
    public int method() {
        int type = bytes.getShort(0);
        return type & 0xF | type >>> 1 & 0x70 | type >>> 2 & 0xF80;
    }

    public TransactionId transactionId() {
        return new TransactionId(
                bytes.getInt(TRANSACTION_ID_OFFSET),
                bytes.getInt(TRANSACTION_ID_OFFSET + 4),
                bytes.getInt(TRANSACTION_ID_OFFSET + 8));
    }

    /// True if the attribute is there, well formed or not.
    public boolean has(int attributeType) {
        return find(attributeType) >= 0;
    }

    public Optional<String> username() {
        return text(StunAttributes.USERNAME);
    }

    public Optional<String> realm() {
        return text(StunAttributes.REALM);
    }

    public Optional<String> nonce() {
        return text(StunAttributes.NONCE);
    }

    public Optional<String> software() {
        return text(StunAttributes.SOFTWARE);
    }

    public Optional<Endpoint> xorMappedAddress() {
        return address(find(StunAttributes.XOR_MAPPED_ADDRESS));
    }

    public Optional<Endpoint> xorPeerAddress() {
        return address(find(StunAttributes.XOR_PEER_ADDRESS));
    }

    /// All XOR-PEER-ADDRESS attributes in their order, malformed ones left out.
    public List<Endpoint> xorPeerAddresses() {
        return addresses(StunAttributes.XOR_PEER_ADDRESS);
    }

    /// All XOR-RELAYED-ADDRESS attributes in their order, malformed ones left out.
    public List<Endpoint> xorRelayedAddresses() {
        return addresses(StunAttributes.XOR_RELAYED_ADDRESS);
    }

    private List<Endpoint> addresses(int type) {
        var found = new ArrayList<Endpoint>(2);
        for (int i = 0; i < types.length; i++) {
            if (types[i] == type) {
                address(i).ifPresent(found::add);
            }
        }
        return List.copyOf(found);
    }

    /// [ChannelData#MIN] to [ChannelData#MAX].
    public OptionalInt channelNumber() {
        int i = find(StunAttributes.CHANNEL_NUMBER);
        return isWellFormed(i) ? OptionalInt.of(u16(i)) : OptionalInt.empty();
    }

    /// An IP protocol number; 17 is UDP.
    public OptionalInt requestedTransport() {
        return firstByte(StunAttributes.REQUESTED_TRANSPORT);
    }

    /// 1 is IPv4, 2 is IPv6.
    public OptionalInt requestedAddressFamily() {
        return firstByte(StunAttributes.REQUESTED_ADDRESS_FAMILY);
    }

    /// 1 is IPv4, 2 is IPv6.
    public OptionalInt additionalAddressFamily() {
        return firstByte(StunAttributes.ADDITIONAL_ADDRESS_FAMILY);
    }

    /// 300 to 699.
    public OptionalInt errorCode() {
        int i = find(StunAttributes.ERROR_CODE);
        return isWellFormed(i) ? OptionalInt.of(errorCode(i)) : OptionalInt.empty();
    }

    public OptionalLong lifetimeSeconds() {
        return u32(StunAttributes.LIFETIME);
    }

    public OptionalLong priority() {
        return u32(StunAttributes.PRIORITY);
    }

    /// The tie breaker; all 64 bits are used.
    public OptionalLong iceControlled() {
        return u64(StunAttributes.ICE_CONTROLLED);
    }

    /// The tie breaker; all 64 bits are used.
    public OptionalLong iceControlling() {
        return u64(StunAttributes.ICE_CONTROLLING);
    }

    public boolean useCandidate() {
        return has(StunAttributes.USE_CANDIDATE);
    }

    public boolean hasMessageIntegrity() {
        return has(StunAttributes.MESSAGE_INTEGRITY);
    }

    /// Verifies MESSAGE-INTEGRITY over the received bytes; false if there is none.
    ///
    /// @param key the password's bytes (short-term) or [TurnCredentials#longTermKey]
    public boolean verifyIntegrity(byte[] key) {
        int i = find(StunAttributes.MESSAGE_INTEGRITY);
        if (!isWellFormed(i) || key.length == 0) {
            return false;
        }
        int at = valueOffsets[i];
        byte[] expected = Integrity.hmac(bytes.array(), at - ATTRIBUTE_HEADER_LENGTH, key);
        var received = Arrays.copyOfRange(bytes.array(), at, at + Integrity.HMAC_LENGTH);
        return MessageDigest.isEqual(expected, received);
    }

    /// True if FINGERPRINT is there, is the last attribute and matches.
    public boolean isFingerprintValid() {
        int i = find(StunAttributes.FINGERPRINT);
        if (!isWellFormed(i)) {
            return false;
        }
        int at = valueOffsets[i];
        return at + Integrity.FINGERPRINT_LENGTH == bytes.capacity()
                && bytes.getInt(at)
                        == Integrity.fingerprint(bytes.array(), at - ATTRIBUTE_HEADER_LENGTH);
    }

    /// The type of the first known attribute whose body cannot be decoded.
    public OptionalInt malformedAttribute() {
        for (int i = 0; i < types.length; i++) {
            if (!isWellFormed(i)) {
                return OptionalInt.of(types[i]);
            }
        }
        return OptionalInt.empty();
    }

    private int find(int type) {
        for (int i = 0; i < types.length; i++) {
            if (types[i] == type) {
                return i;
            }
        }
        return -1;
    }

    private boolean isWellFormed(int i) {
        if (i < 0) {
            return false;
        }
        int length = valueLengths[i];
        return switch (types[i]) {
            case StunAttributes.USERNAME -> length <= USERNAME_BYTES_MAX && decodeText(i) != null;
            case StunAttributes.REALM, StunAttributes.NONCE, StunAttributes.SOFTWARE -> isText(i);
            case StunAttributes.MESSAGE_INTEGRITY -> length == Integrity.HMAC_LENGTH;
            case StunAttributes.ERROR_CODE -> length >= 4 && isErrorCode(errorCode(i));
            case StunAttributes.CHANNEL_NUMBER -> length == 4 && ChannelData.isChannel(u16(i));
            case StunAttributes.XOR_PEER_ADDRESS,
                    StunAttributes.XOR_RELAYED_ADDRESS,
                    StunAttributes.XOR_MAPPED_ADDRESS ->
                    isAddress(i);
            case StunAttributes.REQUESTED_ADDRESS_FAMILY,
                    StunAttributes.ADDITIONAL_ADDRESS_FAMILY ->
                    length == 4 && isFamily(u8(i));
            case StunAttributes.LIFETIME,
                    StunAttributes.REQUESTED_TRANSPORT,
                    StunAttributes.PRIORITY,
                    StunAttributes.FINGERPRINT ->
                    length == 4;
            case StunAttributes.USE_CANDIDATE -> length == 0;
            case StunAttributes.ICE_CONTROLLED, StunAttributes.ICE_CONTROLLING -> length == 8;
            default -> true;
        };
    }

    private boolean isText(int i) {
        String text = decodeText(i);
        return text != null && text.codePointCount(0, text.length()) <= TEXT_CHARACTERS_MAX;
    }

    private static boolean isErrorCode(int code) {
        return code >= 300 && code <= 699;
    }

    /// The code, or -1 if its number is not below 100.
    private int errorCode(int i) {
        int hundreds = bytes.get(valueOffsets[i] + 2) & 7;
        int number = Byte.toUnsignedInt(bytes.get(valueOffsets[i] + 3));
        return number < 100 ? hundreds * 100 + number : -1;
    }

    private boolean isAddress(int i) {
        int length = valueLengths[i];
        if (length < 4) {
            return false;
        }
        return switch (bytes.get(valueOffsets[i] + 1)) {
            case StunAttributes.FAMILY_IPV4 -> length == 8;
            case StunAttributes.FAMILY_IPV6 -> length == 20;
            default -> false;
        };
    }

    private static boolean isFamily(int family) {
        return family == StunAttributes.FAMILY_IPV4 || family == StunAttributes.FAMILY_IPV6;
    }

    private Optional<String> text(int type) {
        int i = find(type);
        return isWellFormed(i) ? Optional.of(decodeText(i)) : Optional.empty();
    }

    /// Null if the value is not UTF-8.
    private String decodeText(int i) {
        try {
            var value = ByteBuffer.wrap(bytes.array(), valueOffsets[i], valueLengths[i]);
            return StandardCharsets.UTF_8.newDecoder().decode(value).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private Optional<Endpoint> address(int i) {
        if (!isWellFormed(i)) {
            return Optional.empty();
        }
        int at = valueOffsets[i];
        int port = Short.toUnsignedInt(bytes.getShort(at + 2)) ^ MAGIC_COOKIE >>> 16;
        if (valueLengths[i] == 8) {
            var v4 = IpAddress.v4(bytes.getInt(at + 4) ^ MAGIC_COOKIE);
            return Optional.of(new Endpoint(v4, port));
        }
        long high = bytes.getLong(at + 4) ^ bytes.getLong(COOKIE_OFFSET);
        long low = bytes.getLong(at + 12) ^ bytes.getLong(COOKIE_OFFSET + 8);
        return Optional.of(new Endpoint(IpAddress.v6(high, low), port));
    }

    private int u8(int i) {
        return Byte.toUnsignedInt(bytes.get(valueOffsets[i]));
    }

    private int u16(int i) {
        return Short.toUnsignedInt(bytes.getShort(valueOffsets[i]));
    }

    private OptionalInt firstByte(int type) {
        int i = find(type);
        return isWellFormed(i) ? OptionalInt.of(u8(i)) : OptionalInt.empty();
    }

    private OptionalLong u32(int type) {
        int i = find(type);
        return isWellFormed(i)
                ? OptionalLong.of(Integer.toUnsignedLong(bytes.getInt(valueOffsets[i])))
                : OptionalLong.empty();
    }

    private OptionalLong u64(int type) {
        int i = find(type);
        return isWellFormed(i)
                ? OptionalLong.of(bytes.getLong(valueOffsets[i]))
                : OptionalLong.empty();
    }

    /// Names class, method and transaction, never addresses or credentials.
    @Override
    public String toString() {
        return "%s 0x%03x %s".formatted(messageClass(), method(), transactionId());
    }
}
