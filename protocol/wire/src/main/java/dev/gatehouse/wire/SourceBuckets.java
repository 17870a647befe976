package dev.gatehouse.wire;

/// A [TokenBucket] for each source network: an IPv4 address, an IPv6 /64. In a table of fixed size,
/// so that no number of sources costs memory; sources that share one of its slots share its tokens.
/// Not thread-safe.
public final class SourceBuckets {
    private static final int SLOTS = 4096; // power of two
    private static final long NS_PER_SECOND = 1_000_000_000;

    private final long intervalNs;
    private final long burstNs;
    private final long salt;

    /// When each bucket will be full again: one number a bucket, after the generic cell rate
    /// algorithm.
    private final long[] fullAtNs = new long[SLOTS];

    /// @param salt random: nobody can tell who shares a slot with whom
    public SourceBuckets(int perSecond, int burst, long salt) {
        if (perSecond < 1 || burst < 1) {
            throw new IllegalArgumentException("a bucket gives at least one token");
        }
        intervalNs = NS_PER_SECOND / perSecond;
        burstNs = intervalNs * burst;
        this.salt = salt;
    }

    /// Takes one token of `source`; false if there is none.
    public boolean take(IpAddress source, long nowNs) {
        int slot = slot(source);
        long fullAt = Math.max(fullAtNs[slot], nowNs) + intervalNs;
        if (fullAt - nowNs > burstNs) {
            return false;
        }
        fullAtNs[slot] = fullAt;
        return true;
    }

    private int slot(IpAddress source) {
        long network = source.isV4() ? source.low() : source.high();
        long mixed = (network ^ salt) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
        return (int) (mixed >>> 40) & SLOTS - 1;
    }
}
