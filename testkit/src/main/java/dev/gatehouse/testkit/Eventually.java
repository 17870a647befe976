package dev.gatehouse.testkit;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for conditions, never for time alone.
public final class Eventually {
    /// For what must happen, however slow the machine is.
    public static final Duration LONG = Duration.ofSeconds(240);

    /// Limits on how fast something is are for a quiet machine; this factor is for any other.
    private static final double PATIENCE =
            Double.parseDouble(System.getenv().getOrDefault("GATEHOUSE_PATIENCE", "5"));

    private static final long STEP_NS = Duration.ofMillis(100).toNanos();

    private Eventually() {}

    /// A limit in milliseconds, given for a quiet machine.
    public static long patientMs(long limitMs) {
        return (long) (limitMs * PATIENCE);
    }

    /// @throws AssertionError naming `what` when `limit` has passed
    public static Duration holds(String what, Duration limit, BooleanSupplier condition) {
        long startedNs = System.nanoTime();
        found(what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
        return Duration.ofNanos(System.nanoTime() - startedNs);
    }

    public static <T> T found(String what, Duration limit, Supplier<Optional<T>> look) {
        long startedNs = System.nanoTime();
        while (true) {
            var found = look.get();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() - startedNs > limit.toNanos()) {
                throw new AssertionError("waited %s in vain: %s".formatted(limit, what));
            }
            LockSupport.parkNanos(STEP_NS);
        }
    }

    /// Like [#holds], for a condition that can fail: then the test does, at once.
    public static void becomes(String what, Duration limit, Callable<Boolean> condition)
            throws Exception {
        long startedNs = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - startedNs > limit.toNanos()) {
                throw new AssertionError("waited %s in vain: %s".formatted(limit, what));
            }
            LockSupport.parkNanos(STEP_NS);
        }
    }
}
