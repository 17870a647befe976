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
        this(NS_PER_SECOND / Math.max(perSecond, 1), burst, perSecond >= 1);
    }

    private TokenBucket(long intervalNs, int burst, boolean isRate) {
        if (!isRate || intervalNs < 1 || burst < 1) {
            throw new IllegalArgumentException("a bucket gives at least one token");
        }
        this.intervalNs = intervalNs;
        burstNs = intervalNs * burst;
    }

    /// A bucket that gains a token every `intervalNs`, for what is rarer than once a second.
    public static TokenBucket every(long intervalNs, int burst) {
        return new TokenBucket(intervalNs, burst, true);
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

    /// Takes up to `wanted` tokens, and returns how many there were.
    public int take(int wanted, long nowNs) {
        long fullNs = Math.max(fullAtNs, nowNs);
        long left = Math.max(0, burstNs - (fullNs - nowNs)) / intervalNs;
        int taken = (int) Math.min(wanted, left);
        fullAtNs = fullNs + taken * intervalNs;
        return taken;
    }

    /// Takes tokens for what is done already, if need be those that are yet to come.
    ///
    /// @param tokens 0 or more; the debt may be as large as the time in which they come
    public void spend(int tokens, long nowNs) {
        fullAtNs = Math.max(fullAtNs, nowNs) + intervalNs * tokens;
    }

    /// The first time at which there is a token, if none is taken until then; may be past.
    public long readyAtNs() {
        return fullAtNs + intervalNs - burstNs;
    }
}
