package dev.gatehouse.launcher;

import java.time.Duration;

/// How long to wait before a process is started again: not at all the first time, then 0.2 s and
/// twice as much each time, up to 5 s. A process that ran for a minute starts from the beginning.
final class RestartDelay {
    private static final long FIRST_MS = 200;
    private static final long MAX_MS = 5_000;
    private static final long STABLE_NS = Duration.ofMinutes(1).toNanos();

    private long nextMs;

    /// @param ranNs how long the process that just ended had run
    long nextMs(long ranNs) {
        if (ranNs >= STABLE_NS) {
            nextMs = 0;
        }
        long delayMs = nextMs;
        nextMs = Math.min(MAX_MS, nextMs == 0 ? FIRST_MS : nextMs * 2);
        return delayMs;
    }
}
