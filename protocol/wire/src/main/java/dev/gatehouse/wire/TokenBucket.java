package dev.gatehouse.wire;

/// Lets through so many events a second, and so many at once after a quiet time; the generic cell
/// rate algorithm, so one number is all that changes. Not thread-safe.
public final class TokenBucket {
    private static final long NS_PER_SECOND = 1_000_000_000;

    private final long intervalNs;
    private final long burstNs;
    private long fullAtNs;

    /// @param burst events that may come at once, at least 1
    public TokenBucket(int perSecond, int burst) {
        if (perSecond < 1 || burst < 1) {
            throw new IllegalArgumentException("a bucket gives at least one token");
        }
        intervalNs = NS_PER_SECOND / perSecond;
        burstNs = intervalNs * burst;
    }

    /// Takes one token; false if there is none.
    public boolean take(long nowNs) {
        long fullNs = Math.max(fullAtNs, nowNs) + intervalNs;
        if (fullNs - nowNs > burstNs) {
            return false;
        }
        fullAtNs = fullNs;
        return true;
    }
}
