package dev.gatehouse.portal.state;

import java.util.UUID;
import java.util.random.RandomGenerator;

/// The id of a new device or authorization: a version 4 UUID.
public final class RandomId {
    private RandomId() {}

    public static String create(RandomGenerator random) {
        long high = random.nextLong() & 0xFFFF_FFFF_FFFF_0FFFL | 0x4000L;
        long low = random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}
