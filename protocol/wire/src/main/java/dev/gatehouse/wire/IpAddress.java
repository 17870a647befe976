package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// An IPv4 or IPv6 address as two longs; never resolves a name.
///
/// IPv4 addresses hold their 32 bits in `low`, `high` is 0. Ordered IPv4 first, then numerically
/// (unsigned), which is the order tunnel.md section 6.4 sorts by.
public record IpAddress(Family family, long high, long low) implements Comparable<IpAddress> {
    /// The IP version.
    public enum Family {
        IPV4,
        IPV6
    }

    public static final IpAddress ANY_V4 = v4(0);
    public static final IpAddress ANY_V6 = v6(0, 0);

    public IpAddress {
        if (family == Family.IPV4 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("an IPv4 address has 32 bits");
        }
    }

    public static IpAddress v4(int address) {
        return new IpAddress(Family.IPV4, 0, Integer.toUnsignedLong(address));
    }

    public static IpAddress v6(long high, long low) {
        return new IpAddress(Family.IPV6, high, low);
    }

    /// Reads 4 bytes at `offset`, big endian.
    public static IpAddress readV4(ByteBuffer buffer, int offset) {
        return v4(buffer.getInt(offset));
    }

    /// Reads 16 bytes at `offset`, big endian.
    public static IpAddress readV6(ByteBuffer buffer, int offset) {
        return v6(buffer.getLong(offset), buffer.getLong(offset + 8));
    }

    /// Reads 4 or 16 bytes in network order.
    ///
    /// @throws IllegalArgumentException for any other length
    public static IpAddress ofBytes(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> readV4(ByteBuffer.wrap(bytes), 0);
            case 16 -> readV6(ByteBuffer.wrap(bytes), 0);
            default ->
                    throw new IllegalArgumentException(
                            "an address has 4 or 16 bytes, not " + bytes.length);
        };
    }

    /// Parses dotted IPv4 or RFC 4291 IPv6 text, without zone, brackets or prefix length.
    ///
    /// @throws IllegalArgumentException if `text` is anything else
    public static IpAddress parse(String text) {
        return IpAddressText.parse(text);
    }

    public boolean isV4() {
        return family == Family.IPV4;
    }

    /// The 32 bits of an IPv4 address.
    public int asInt() {
        assert isV4() : this;
        return (int) low;
    }

    /// 4 or 16 bytes in network order.
    public byte[] toBytes() {
        var bytes = ByteBuffer.allocate(isV4() ? 4 : 16);
        write(bytes, 0);
        return bytes.array();
    }

    /// Writes 4 or 16 bytes at `offset`, big endian.
    public void write(ByteBuffer buffer, int offset) {
        if (isV4()) {
            buffer.putInt(offset, (int) low);
        } else {
            buffer.putLong(offset, high);
            buffer.putLong(offset + 8, low);
        }
    }

    /// 32 or 128.
    public int bits() {
        return isV4() ? 32 : 128;
    }

    public boolean isUnspecified() {
        return high == 0 && low == 0;
    }

    public boolean isLoopback() {
        return isV4() ? low >>> 24 == 127 : high == 0 && low == 1;
    }

    public boolean isMulticast() {
        return isV4() ? low >>> 28 == 0xE : high >>> 56 == 0xFF;
    }

    public boolean isLinkLocal() {
        return isV4() ? low >>> 16 == 0xA9FE : high >>> 54 == 0x3FA;
    }

    @Override
    public int compareTo(IpAddress other) {
        int byFamily = family.compareTo(other.family);
        if (byFamily != 0) {
            return byFamily;
        }
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /// Dotted IPv4 text, or IPv6 text in the canonical form of RFC 5952.
    @Override
    public String toString() {
        return IpAddressText.format(this);
    }
}
