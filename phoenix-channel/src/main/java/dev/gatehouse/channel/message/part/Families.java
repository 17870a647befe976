package dev.gatehouse.channel.message.part;

import dev.gatehouse.wire.IpAddress;

/// Checks that an address stands in the field of its family.
public final class Families {
    private Families() {}

    public static void requireV4(IpAddress address) {
        if (!Ids.require(address, "ipv4").isV4()) {
            throw new IllegalArgumentException("ipv4 holds another family");
        }
    }

    public static void requireV6(IpAddress address) {
        if (Ids.require(address, "ipv6").isV4()) {
            throw new IllegalArgumentException("ipv6 holds another family");
        }
    }
}
