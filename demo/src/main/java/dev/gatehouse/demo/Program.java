package dev.gatehouse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A process that the lab started and ends.
public final class Program implements AutoCloseable {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final String label;
    private final Process process;
    private final Path log;

    private Program(String label, Process process, Path log) {
        this.label = label;
        this.process = process;
        this.log = log;
    }

    static Program start(
            Host host, String label, Map<String, String> environment, List<String> command) {
        var log = host.folder().resolve("log").resolve(label + ".log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("TMPDIR", host.folder().resolve("tmp").toString());
        try {
            return new Program(label, builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String label() {
        return label;
    }

    public Path log() {
        return log;
    }

    public String logText() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /// The first process below this one whose command line has `word` as an argument.
    public Optional<ProcessHandle> child(String word) {
        return process.descendants()
                .filter(ProcessHandle::isAlive)
                .filter(handle -> arguments(handle.pid()).contains(word))
                .findFirst();
    }

    private static List<String> arguments(long pid) {
        try {
            return List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0"));
        } catch (IOException e) {
            return List.of(); // it has just ended
        }
    }

    public static void signal(long pid, String signal) {
        Shell.run("kill", "-" + signal, Long.toString(pid));
    }

    public void signal(String signal) {
        signal(process.pid(), signal);
    }

    /// Waits for the process to end, then returns its status; empty if it is still alive.
    public Optional<Integer> await(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
                    ? Optional.of(process.exitValue())
                    : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// SIGTERM; SIGKILL to it and its children after 30 s.
    @Override
    public void close() {
        var children = process.descendants().toList();
        process.destroy();
        long untilNs = System.nanoTime() + STOP_LIMIT.toNanos();
        if (await(STOP_LIMIT).isEmpty()) {
            process.destroyForcibly();
        }
        for (var child : children) {
            awaitEnd(child, untilNs - System.nanoTime());
            child.destroyForcibly();
        }
    }

    private static void awaitEnd(ProcessHandle child, long limitNs) {
        try {
            child.onExit().get(Math.max(0, limitNs), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException _) {
            // it is killed now
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
