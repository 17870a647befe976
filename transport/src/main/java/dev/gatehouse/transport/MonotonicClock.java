package dev.gatehouse.transport;

import java.time.Instant;

/// Time since this clock was made, which is the start of the process; never negative.
public final class MonotonicClock {
    private final long originNs = System.nanoTime();
    private final long unixOriginNs = unixNow();

    public long nowNs() {
        return System.nanoTime() - originNs;
    }

    /// Nanoseconds since 1970 at `nowNs() == 0`.
    public long unixOriginNs() {
        return unixOriginNs;
    }

    private static long unixNow() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
