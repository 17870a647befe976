package dev.gatehouse.transport.process;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SIGTERM and SIGINT are good ends, also while a process still starts. The JVM would report the
/// signal as its exit code (143, 130).
///
/// Made before anything that has to be undone. A signal that comes while the process starts waits
/// for [#onSignal], so that nothing is left half done; a start that takes longer is cut short. Any
/// thread; one per process.
public final class Termination implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Termination.class);
    private static final Duration START_WAIT = Duration.ofSeconds(5);

    private final CompletableFuture<IntSupplier> stop = new CompletableFuture<>();
    private final Thread hook = new Thread(this::handleSignal, "termination");
    private final Duration startWait;

    Termination(Duration startWait) {
        this.startWait = startWait;
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException _) {
            LOG.debug("the process ends before it begins");
        }
    }

    /// From now on a signal waits for what [#onSignal] is told, 5 s at most.
    public static Termination install() {
        return new Termination(START_WAIT);
    }

    /// The process has started. Once only.
    ///
    /// @param action ends the process orderly, at a signal, on a thread of its own, in a bounded
    ///     time; returns the exit code, 0 unless the process had failed before
    public void onSignal(IntSupplier action) {
        stop.complete(action);
    }

    /// The process ends by itself: a signal has nothing to end any more.
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            stop.complete(() -> 0); // a signal ends us; the start may have failed meanwhile
        }
    }

    private void handleSignal() {
        Runtime.getRuntime().halt(action().getAsInt());
    }

    private IntSupplier action() {
        try {
            return stop.get(startWait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException _) {
            LOG.debug("ended while it started, which took too long");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return () -> 0;
    }
}
