package dev.gatehouse.wireguard;

/// One counter for each [DropReason].
final class DropCounters {
    private final long[] counts = new long[DropReason.values().length];

    DropReason count(DropReason reason) {
        counts[reason.ordinal()]++;
        return reason;
    }

    long of(DropReason reason) {
        return counts[reason.ordinal()];
    }
}
