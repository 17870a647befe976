package dev.gatehouse.transport.process;

import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// Time since this clock was made, which is the start of the process; never negative, never goes
/// back. Any thread may ask.
///
/// It goes on while the host sleeps: when the wall clock is a second or more ahead of it, it makes
/// up for that at once (client.md 28.1), so that timers fire and what expired meanwhile is expired.
/// A wall clock that is set back changes nothing.
public final class MonotonicClock {
    private static final long JUMP_NS = 1_000_000_000;
    private static final long NS_PER_MS = 1_000_000;

    private final LongSupplier ticker;
    private final InstantSource wall;
    private final long originNs;
    private final long unixOriginNs;
    private final AtomicLong skippedNs = new AtomicLong();

    public MonotonicClock() {
        this(System::nanoTime, InstantSource.system());
    }

    /// @param ticker nanoseconds that never go back; with `wall`, separate for tests
    public MonotonicClock(LongSupplier ticker, InstantSource wall) {
        this.ticker = ticker;
        this.wall = wall;
        originNs = ticker.getAsLong();
        unixOriginNs = wall.millis() * NS_PER_MS;
    }

    /// Nanoseconds.
    public long nowNs() {
        long skipped = skippedNs.get();
        long nowNs = ticker.getAsLong() - originNs + skipped;
        long aheadNs = wall.millis() * NS_PER_MS - unixOriginNs - nowNs;
        if (aheadNs < JUMP_NS) {
            return nowNs;
        }
        skippedNs.compareAndSet(skipped, skipped + aheadNs);
        return ticker.getAsLong() - originNs + skippedNs.get();
    }

    /// Nanoseconds since 1970 at `nowNs() == 0`.
    public long unixOriginNs() {
        return unixOriginNs;
    }
}
