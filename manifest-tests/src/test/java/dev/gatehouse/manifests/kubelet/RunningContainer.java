package dev.gatehouse.manifests.kubelet;

import dev.gatehouse.demo.Host;
import io.fabric8.kubernetes.api.model.Container;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// One container of a pod: its process, its probes, and its restarts.
///
/// One thread of its own does what a kubelet does; the rest may be asked by any thread.
public final class RunningContainer {
    private static final long TICK_NS = Duration.ofMillis(50).toNanos();
    private static final Duration BACK_OFF_MAX = Duration.ofMinutes(5);

    private final Container spec;
    private final Host sandbox;
    private final Path script;
    private final Path log;
    private final Probes probes;
    private volatile Process process;
    private volatile int restarts;
    private volatile boolean started;
    private volatile boolean ready;
    private volatile boolean stopping;

    RunningContainer(Container spec, Host sandbox, Path script, Path log, String address) {
        this.spec = spec;
        this.sandbox = sandbox;
        this.script = script;
        this.log = log;
        this.probes = new Probes(spec, address);
    }

    public String name() {
        return spec.getName();
    }

    public Container spec() {
        return spec;
    }

    void start() {
        launch();
        Thread.ofVirtual().name("kubelet-" + spec.getName()).start(this::watch);
    }

    /// Runs an init container to its end.
    int runToTheEnd() {
        launch();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void launch() {
        var command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + sandbox.name()));
        command.addAll(List.of("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork"));
        command.addAll(List.of("--kill-child", "sh", "-e", script.toString()));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        probes.reset(System.nanoTime());
        started = false;
        ready = false;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void watch() {
        while (!stopping) {
            if (!process.isAlive()) {
                restart();
            }
            probes.run(System.nanoTime());
            started = probes.isStarted();
            ready = probes.isReady() && process.isAlive();
            if (probes.wantsRestart()) {
                signal("KILL");
                awaitEnd(Duration.ofSeconds(5));
            }
            LockSupport.parkNanos(TICK_NS);
        }
    }

    /// At once the first time, then after 10 s, 20 s and so on.
    private void restart() {
        ready = false;
        long waitNs =
                restarts == 0 ? 0 : Duration.ofSeconds(10L << Math.min(5, restarts - 1)).toNanos();
        long untilNs = System.nanoTime() + Math.min(waitNs, BACK_OFF_MAX.toNanos());
        while (!stopping && System.nanoTime() - untilNs < 0) {
            LockSupport.parkNanos(TICK_NS);
        }
        if (!stopping) {
            restarts++;
            launch();
        }
    }

    /// The hook, then SIGTERM, then SIGKILL when the pod's time is over. Returns the exit status;
    /// 137 if it had to be killed.
    int stop(Duration grace) {
        stopping = true;
        long endNs = System.nanoTime() + grace.toNanos();
        if (spec.getLifecycle() != null && spec.getLifecycle().getPreStop() != null) {
            var sleep = spec.getLifecycle().getPreStop().getSleep();
            LockSupport.parkNanos(Duration.ofSeconds(sleep.getSeconds()).toNanos());
        }
        signal("TERM");
        if (!awaitEnd(Duration.ofNanos(Math.max(0, endNs - System.nanoTime())))) {
            signal("KILL");
            awaitEnd(Duration.ofSeconds(5));
            return 137;
        }
        return process.exitValue();
    }

    private boolean awaitEnd(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// The first process of the container, as the node sees it; 0 while there is none.
    public long pid() {
        return process.children().findFirst().map(ProcessHandle::pid).orElse(0L);
    }

    public void signal(String signal) {
        long pid = pid();
        if (pid != 0) {
            dev.gatehouse.demo.Program.signal(pid, signal);
        }
    }

    public boolean isStarted() {
        return started;
    }

    public boolean isReady() {
        return ready;
    }

    public int restarts() {
        return restarts;
    }

    /// Empty while it runs.
    public Optional<Integer> exitStatus() {
        return process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    public String logText() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A field of `/proc/PID/status`, e.g. `CapEff`.
    public String status(String field) {
        try (var lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
            return lines.filter(line -> line.startsWith(field + ":"))
                    .map(line -> line.substring(field.length() + 1).strip())
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
