package dev.gatehouse.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.IntConsumer;

/// What work costs, counted in the bytes that the calling thread allocates for it: the same on a
/// slow, busy machine, which time is not. Objects that the compiler proves needless are not
/// counted once it has run, so compare with a wide margin.
public final class AllocatedBytes {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocatedBytes() {}

    /// Bytes allocated while `step` runs `count` times, with 0 to `count` - 1. The first step of a
    /// test loads classes, which allocates, too: run some before.
    public static long of(int count, IntConsumer step) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < count; i++) {
            step.accept(i);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
