package dev.gatehouse.client.resolver;

import java.time.Duration;

/// Keeps us from fighting a program that undoes what we do without pause: the first few times are
/// free, then each has to wait twice as long as the one before, up to a minute. Sans-IO.
final class Restraint {
    private static final int FREE = 3;
    private static final long FIRST_NS = Duration.ofSeconds(1).toNanos();
    private static final long LAST_NS = Duration.ofSeconds(60).toNanos();
    private static final long FORGOTTEN_AFTER_NS = Duration.ofSeconds(60).toNanos();

    private int times;
    private long lastNs;

    /// When it may be done next.
    long allowedAtNs() {
        return times == 0 ? 0 : lastNs + waitNs();
    }

    private long waitNs() {
        return times <= FREE ? 0 : Math.min(LAST_NS, FIRST_NS << Math.min(times - FREE - 1, 10));
    }

    /// It is done.
    ///
    /// @return whether the next time has to wait for the first time
    boolean handleDone(long nowNs) {
        if (times > 0 && nowNs > allowedAtNs() + FORGOTTEN_AFTER_NS) {
            times = 0;
        }
        times++;
        lastNs = nowNs;
        return times == FREE + 1;
    }
}
