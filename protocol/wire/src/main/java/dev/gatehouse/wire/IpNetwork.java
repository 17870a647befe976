package dev.gatehouse.wire;

/// A network: an address whose host bits are zero, and a prefix length of 0 to 32 or 128.
public record IpNetwork(IpAddress address, int prefixLength) implements Comparable<IpNetwork> {
    public IpNetwork {
        if (prefixLength < 0 || prefixLength > address.bits()) {
            throw new IllegalArgumentException("prefix length out of range: " + prefixLength);
        }
        if (!mask(address, prefixLength).equals(address)) {
            throw new IllegalArgumentException(
                    "host bits set: %s/%d".formatted(address, prefixLength));
        }
    }

    /// Parses `10.0.0.0/8` or `2001:db8::/32`; a bare address is a host network. Host bits are cut.
    ///
    /// @throws IllegalArgumentException if `text` is anything else
    public static IpNetwork parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return host(IpAddress.parse(text));
        }
        var address = IpAddress.parse(text.substring(0, slash));
        try {
            return of(address, Integer.parseUnsignedInt(text.substring(slash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a network: " + text, e);
        }
    }

    /// The network of `prefixLength` bits that holds `address`.
    public static IpNetwork of(IpAddress address, int prefixLength) {
        if (prefixLength < 0 || prefixLength > address.bits()) {
            throw new IllegalArgumentException("prefix length out of range: " + prefixLength);
        }
        return new IpNetwork(mask(address, prefixLength), prefixLength);
    }

    public static IpNetwork host(IpAddress address) {
        return new IpNetwork(address, address.bits());
    }

    public boolean contains(IpAddress other) {
        return other.family() == address.family() && mask(other, prefixLength).equals(address);
    }

    public boolean contains(IpNetwork other) {
        return other.prefixLength >= prefixLength && contains(other.address);
    }

    private static IpAddress mask(IpAddress address, int prefixLength) {
        if (address.isV4()) {
            int mask = prefixLength == 0 ? 0 : -1 << 32 - prefixLength;
            return IpAddress.v4(address.asInt() & mask);
        }
        long high = prefixLength >= 64 ? -1 : prefixLength == 0 ? 0 : -1L << 64 - prefixLength;
        long low = prefixLength <= 64 ? 0 : -1L << 128 - prefixLength;
        return IpAddress.v6(address.high() & high, address.low() & low);
    }

    @Override
    public int compareTo(IpNetwork other) {
        int byAddress = address.compareTo(other.address);
        return byAddress != 0 ? byAddress : Integer.compare(prefixLength, other.prefixLength);
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
