package dev.gatehouse.wireguard.message;

/// One counter for each [DropReason].
public final class DropCounters {
    private final long[] counts = new long[DropReason.values().length];

    /// Counts one and returns its reason, so that a caller can answer with it.
    public DropReason count(DropReason reason) {
        counts[reason.ordinal()]++;
        return reason;
    }

    /// Packets dropped for `reason` since the tunnel began.
    public long of(DropReason reason) {
        return counts[reason.ordinal()];
    }
}
