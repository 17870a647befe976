package dev.gatehouse.transport.udp;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;

/// Hands out one [Endpoint] object per address and port, so that a steady flow allocates none.
///
/// Direct mapped: two endpoints that fall on one slot displace each other, which costs an
/// allocation and nothing else.
final class EndpointCache {
    private static final int SLOTS = 128; // power of two

    private final Endpoint[] slots = new Endpoint[SLOTS];

    Endpoint of(IpAddress.Family family, long high, long low, int port) {
        long mixed = (high * 31 + low) * 0x9E3779B97F4A7C15L + port * 0xC2B2AE3D27D4EB4FL;
        int slot = (int) (mixed >>> 57);
        Endpoint known = slots[slot];
        if (known != null && matches(known, family, high, low, port)) {
            return known;
        }
        var endpoint = new Endpoint(new IpAddress(family, high, low), port);
        slots[slot] = endpoint;
        return endpoint;
    }

    private static boolean matches(
            Endpoint known, IpAddress.Family family, long high, long low, int port) {
        var address = known.address();
        return known.port() == port
                && address.low() == low
                && address.high() == high
                && address.family() == family;
    }
}
