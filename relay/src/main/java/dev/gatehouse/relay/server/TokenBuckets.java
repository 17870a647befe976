package dev.gatehouse.relay.server;

import dev.gatehouse.wire.IpAddress;

/// Limits replies per source network in a table of fixed size; sources that share a slot share its
/// tokens.
final class TokenBuckets {
    private static final int SLOTS = 4096; // power of two
    private static final long NS_PER_SECOND = 1_000_000_000;

    private final long intervalNs;
    private final long burstNs;
    private final long salt;

    /// When each bucket will be full again: one number a bucket, after the generic cell rate
    /// algorithm.
    private final long[] fullAtNs = new long[SLOTS];

    TokenBuckets(int perSecond, int burst, long salt) {
        intervalNs = NS_PER_SECOND / perSecond;
        burstNs = intervalNs * burst;
        this.salt = salt;
    }

    /// Takes one token of `source`; false if there is none.
    boolean take(IpAddress source, long nowNs) {
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
