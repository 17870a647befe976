package dev.gatehouse.wireguard;

import java.util.Arrays;

/// One deadline per constant of `T`; the owner's `pollTimeout()` is [#nextNs].
final class TimerTable<T extends Enum<T>> {
    static final long NEVER = Long.MAX_VALUE;

    private final T[] timers;
    private final long[] deadlineNs;

    TimerTable(Class<T> type) {
        timers = type.getEnumConstants();
        deadlineNs = new long[timers.length];
        disarmAll();
    }

    void arm(T timer, long atNs) {
        deadlineNs[timer.ordinal()] = atNs;
    }

    void armIfIdle(T timer, long atNs) {
        if (!isArmed(timer)) {
            arm(timer, atNs);
        }
    }

    boolean isArmed(T timer) {
        return deadlineNs[timer.ordinal()] != NEVER;
    }

    void disarm(T timer) {
        deadlineNs[timer.ordinal()] = NEVER;
    }

    void disarmAll() {
        Arrays.fill(deadlineNs, NEVER);
    }

    long nextNs() {
        long next = NEVER; // no stream: asked for after every batch
        for (long deadline : deadlineNs) {
            next = Math.min(next, deadline);
        }
        return next;
    }

    /// Disarms and returns one timer due at `nowNs`, in declaration order, or null if none is left.
    T pollDue(long nowNs) {
        for (T timer : timers) {
            if (nowNs >= deadlineNs[timer.ordinal()]) {
                disarm(timer);
                return timer;
            }
        }
        return null;
    }
}
