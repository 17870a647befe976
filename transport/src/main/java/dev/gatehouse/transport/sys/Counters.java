package dev.gatehouse.transport.sys;

import java.util.concurrent.atomic.AtomicLongArray;

/// One total per constant of `E`. One thread counts, any thread reads.
public final class Counters<E extends Enum<E>> {
    private final E[] names;
    private final AtomicLongArray totals;

    public Counters(Class<E> type) {
        names = type.getEnumConstants();
        totals = new AtomicLongArray(names.length);
    }

    /// Only the owner thread calls this: reading and writing are not one step.
    public void add(E name, long amount) {
        int i = name.ordinal();
        totals.setRelease(i, totals.getPlain(i) + amount);
    }

    public long get(E name) {
        return totals.getAcquire(name.ordinal());
    }
}
