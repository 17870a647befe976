package dev.gatehouse.turn;

/// The smoothed round trip time to a relay, as RFC 6298 section 2 smooths it.
final class RoundTripTime {
    private static final int SMOOTHING = 8;

    private long smoothedNs;

    void sample(long ns) {
        smoothedNs = smoothedNs == 0 ? Math.max(1, ns) : smoothedNs + (ns - smoothedNs) / SMOOTHING;
    }

    boolean isKnown() {
        return smoothedNs > 0;
    }

    /// 0 while unknown.
    long smoothedNs() {
        return smoothedNs;
    }
}
