package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.wire.LookupTable;
import java.util.TreeMap;

/// When allocations and channels end; equal times go in the order of arming.
public final class Deadlines {
    public static final long NEVER = Long.MAX_VALUE;

    private record Deadline(long atNs, long sequence) implements Comparable<Deadline> {
        @Override
        public int compareTo(Deadline other) {
            int byTime = Long.compare(atNs, other.atNs);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    private final TreeMap<Deadline, Expiring> armed = new TreeMap<>();
    private final LookupTable<Expiring, Deadline> deadlines = new LookupTable<>();
    private long sequence;
    private long nextNs = NEVER;

    /// Takes over the present deadline of `expiring`.
    void arm(Expiring expiring) {
        disarm(expiring);
        var deadline = new Deadline(expiring.deadlineNs(), sequence++);
        armed.put(deadline, expiring);
        deadlines.put(expiring, deadline);
        updateNext();
    }

    void disarm(Expiring expiring) {
        var deadline = deadlines.remove(expiring);
        if (deadline != null) {
            armed.remove(deadline);
            updateNext();
        }
    }

    long nextNs() {
        return nextNs;
    }

    /// Disarms and returns one thing due, or null if none is left.
    Expiring pollDue(long nowNs) {
        if (nowNs < nextNs) {
            return null;
        }
        var due = armed.firstEntry().getValue();
        disarm(due);
        return due;
    }

    private void updateNext() {
        nextNs = armed.isEmpty() ? NEVER : armed.firstKey().atNs();
    }
}
