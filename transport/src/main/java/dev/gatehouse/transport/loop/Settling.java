package dev.gatehouse.transport.loop;

import java.time.Duration;

/// When to look at what has changed: a moment after the first change of a burst, so that most of it
/// is there, and at most once a second. Sans-IO.
public final class Settling {
    public static final long NEVER = Long.MAX_VALUE;

    private static final long GATHER_NS = Duration.ofMillis(100).toNanos();
    private static final long PAUSE_NS = Duration.ofSeconds(1).toNanos();

    private long dueNs = NEVER;
    private long notBeforeNs;

    public void handleChange(long nowNs) {
        if (dueNs == NEVER) {
            dueNs = Math.max(nowNs + GATHER_NS, notBeforeNs);
        }
    }

    /// Returns true if it is time to look; then only the next change leads to another time.
    public boolean isDue(long nowNs) {
        if (nowNs < dueNs) {
            return false;
        }
        dueNs = NEVER;
        notBeforeNs = nowNs + PAUSE_NS;
        return true;
    }

    /// The next time at which [#isDue], or [#NEVER].
    public long pollTimeout() {
        return dueNs;
    }
}
