package dev.gatehouse.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for conditions, never for time alone.
public final class Wait {
    private static final long STEP_NS = Duration.ofMillis(20).toNanos();

    private Wait() {}

    /// Looks every 20 ms.
    ///
    /// @throws IllegalStateException naming `what` when `limit` has passed
    public static Duration until(String what, Duration limit, BooleanSupplier condition) {
        return untilPresent(
                        what,
                        limit,
                        () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty())
                .waited();
    }

    /// A value and how long it took to come.
    public record Found<T>(T value, Duration waited) {}

    public static <T> Found<T> untilPresent(
            String what, Duration limit, Supplier<Optional<T>> look) {
        long started = System.nanoTime();
        while (true) {
            var found = look.get();
            var waited = Duration.ofNanos(System.nanoTime() - started);
            if (found.isPresent()) {
                return new Found<>(found.get(), waited);
            }
            if (waited.compareTo(limit) > 0) {
                throw new IllegalStateException(
                        "waited %d ms in vain: %s".formatted(waited.toMillis(), what));
            }
            LockSupport.parkNanos(STEP_NS);
        }
    }
}
