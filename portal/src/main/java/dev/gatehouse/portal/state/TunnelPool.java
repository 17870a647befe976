package dev.gatehouse.portal.state;

import dev.gatehouse.wire.IpAddress;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// The tunnel addresses of an account: offsets into `100.64.0.0/11` and `fd00:2021:1111::/107`
/// (portal-channel.md 7.2). One offset gives a device both its addresses.
public final class TunnelPool {
    /// Addresses of a pool; the first and the last are never handed out.
    public static final int SIZE = 1 << 21;

    private static final int V4_BASE = 100 << 24 | 64 << 16;
    private static final long V6_HIGH = 0xFD00_2021_1111_0000L;

    private TunnelPool() {}

    /// Searches upwards from a random offset, around the end; empty when all are taken.
    public static OptionalInt allocate(IntPredicate isTaken, RandomGenerator random) {
        int usable = SIZE - 2;
        int start = random.nextInt(usable);
        for (int i = 0; i < usable; i++) {
            int offset = 1 + (start + i) % usable;
            if (!isTaken.test(offset)) {
                return OptionalInt.of(offset);
            }
        }
        return OptionalInt.empty();
    }

    static IpAddress ipv4(int offset) {
        return IpAddress.v4(V4_BASE + checked(offset));
    }

    static IpAddress ipv6(int offset) {
        return IpAddress.v6(V6_HIGH, checked(offset));
    }

    private static int checked(int offset) {
        if (offset < 1 || offset > SIZE - 2) {
            throw new IllegalArgumentException("no tunnel address has offset " + offset);
        }
        return offset;
    }
}
