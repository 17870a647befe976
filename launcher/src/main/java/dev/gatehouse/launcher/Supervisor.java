package dev.gatehouse.launcher;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps processes running: starts each again when it ends, until told to stop or until one says
/// that starting again would not help.
///
/// [#run] owns everything and must stay on one thread for as long as the children live: the kernel
/// tells a child of its parent's end when that thread ends. [#stop] may come from any thread.
final class Supervisor {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    /// A process to keep.
    ///
    /// @param hopeless exit codes after which it is not started again, each with what we exit with
    record Child(String name, List<String> command, Map<Integer, Integer> hopeless) {}

    private sealed interface Note {
        record Ended(Keeper keeper, int code) implements Note {}

        record Due(Keeper keeper) implements Note {}

        record Stop() implements Note {}
    }

    private static final class Keeper {
        private final Child child;
        private final RestartDelay delay = new RestartDelay();
        private Process process;
        private long startedNs;

        Keeper(Child child) {
            this.child = child;
        }

        boolean isAlive() {
            return process != null && process.isAlive();
        }
    }

    private static final long TOLD_TO_END_MS = 3_000; // what the other half may take to end
    private static final long FIRST_LIMIT_MS = 4_000; // for all, once the first was told to end
    private static final long SECOND_LIMIT_MS = 3_000;
    private static final int FAILED = 1;

    private final List<Keeper> keepers;
    private final Map<String, String> environment;
    private final BlockingQueue<Note> notes = new LinkedBlockingQueue<>();

    /// @param children in the order in which they are told to end
    Supervisor(List<Child> children, Map<String, String> environment) {
        this.keepers = children.stream().map(Keeper::new).toList();
        this.environment = environment;
    }

    void stop() {
        notes.add(new Note.Stop());
    }

    /// Returns the exit code once all have ended.
    int run() throws InterruptedException {
        keepers.reversed().forEach(this::start);
        var code = Optional.<Integer>empty();
        while (code.isEmpty()) {
            code = handle(notes.take());
        }
        endAll();
        return code.get();
    }

    private Optional<Integer> handle(Note note) {
        return switch (note) {
            case Note.Stop _ -> Optional.of(0);
            case Note.Due(var keeper) -> {
                start(keeper);
                yield Optional.empty();
            }
            case Note.Ended(var keeper, int code) -> onEnded(keeper, code);
        };
    }

    private Optional<Integer> onEnded(Keeper keeper, int code) {
        var child = keeper.child;
        if (child.hopeless().containsKey(code)) {
            LOG.debug("{} ended with {}, having said why", child.name(), code);
            return Optional.of(child.hopeless().get(code));
        }
        long delayMs = keeper.delay.nextMs(System.nanoTime() - keeper.startedNs);
        if (code == 0) { // told to end, maybe by the other half, which is about to give up
            Thread.ofVirtual().start(() -> startLater(keeper, Math.max(delayMs, TOLD_TO_END_MS)));
            return Optional.empty();
        }
        LOG.warn("{} ended with {}: started again in {} ms", child.name(), code, delayMs);
        if (delayMs == 0) {
            start(keeper);
        } else {
            Thread.ofVirtual().start(() -> startLater(keeper, delayMs));
        }
        return Optional.empty();
    }

    private void startLater(Keeper keeper, long delayMs) {
        try {
            TimeUnit.MILLISECONDS.sleep(delayMs);
            notes.add(new Note.Due(keeper));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(Keeper keeper) {
        keeper.startedNs = System.nanoTime();
        try {
            var builder = new ProcessBuilder(keeper.child.command()).inheritIO();
            builder.environment().putAll(environment);
            keeper.process = builder.start();
            keeper.process
                    .onExit()
                    .thenAccept(ended -> notes.add(new Note.Ended(keeper, ended.exitValue())));
            LOG.info("{} started, pid {}", keeper.child.name(), keeper.process.pid());
        } catch (IOException failure) {
            LOG.error("cannot start {}: {}", keeper.child.name(), failure.getMessage());
            notes.add(new Note.Ended(keeper, FAILED));
        }
    }

    /// The first may end the others in its own way; who is left is asked, then killed.
    private void endAll() throws InterruptedException {
        if (!keepers.isEmpty() && keepers.getFirst().isAlive()) {
            keepers.getFirst().process.destroy();
            awaitAll(FIRST_LIMIT_MS);
        }
        keepers.stream().filter(Keeper::isAlive).forEach(keeper -> keeper.process.destroy());
        awaitAll(SECOND_LIMIT_MS);
        for (var keeper : keepers) {
            if (keeper.isAlive()) {
                LOG.warn("{} does not end: killed", keeper.child.name());
                keeper.process.destroyForcibly().waitFor();
            }
        }
    }

    private void awaitAll(long limitMs) throws InterruptedException {
        long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
        for (var keeper : keepers) {
            if (keeper.isAlive()) {
                keeper.process.waitFor(
                        Math.max(0, untilNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            }
        }
    }
}
