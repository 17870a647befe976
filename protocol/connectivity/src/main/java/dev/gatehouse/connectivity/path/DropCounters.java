package dev.gatehouse.connectivity.path;

/// One counter per [DropReason]. Owned by the thread that owns the node.
public final class DropCounters {
    private final long[] counts = new long[DropReason.values().length];

    /// Counts one packet.
    public void count(DropReason reason) {
        counts[reason.ordinal()]++;
    }

    /// Counts `packets`, which may be none.
    public void count(DropReason reason, int packets) {
        counts[reason.ordinal()] += packets;
    }

    /// Packets dropped for `reason` so far.
    public long get(DropReason reason) {
        return counts[reason.ordinal()];
    }
}
