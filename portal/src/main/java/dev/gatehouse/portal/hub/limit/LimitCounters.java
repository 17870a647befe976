package dev.gatehouse.portal.hub.limit;

/// How often each limit was met since the start. Belongs to the hub's thread.
public final class LimitCounters {
    private final long[] counts = new long[Limit.values().length];

    /// Counts one.
    public void met(Limit limit) {
        counts[limit.ordinal()]++;
    }

    public long of(Limit limit) {
        return counts[limit.ordinal()];
    }
}
