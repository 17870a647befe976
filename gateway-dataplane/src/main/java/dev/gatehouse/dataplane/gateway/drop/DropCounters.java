package dev.gatehouse.dataplane.gateway.drop;

/// One counter for each [DropReason]. Owned by the shard; the shell copies it for its metrics.
public final class DropCounters {
    private final long[] counts = new long[DropReason.values().length];

    public void count(DropReason reason) {
        counts[reason.ordinal()]++;
    }

    public void count(DropReason reason, long packets) {
        counts[reason.ordinal()] += packets;
    }

    public long get(DropReason reason) {
        return counts[reason.ordinal()];
    }

    /// A copy, by the reasons' ordinals.
    public long[] toArray() {
        return counts.clone();
    }
}
