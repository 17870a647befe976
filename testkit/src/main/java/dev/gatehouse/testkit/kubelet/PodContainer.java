package dev.gatehouse.testkit.kubelet;

import dev.gatehouse.testkit.kubelet.PodRuntime.ContainerProcess;
import dev.gatehouse.testkit.kubelet.PodRuntime.Sandbox;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/// One container of a pod: its process, its probes, and its restarts.
///
/// One thread of its own does what a kubelet does; the rest may be asked by any thread.
public final class PodContainer {
    /// What the kernel says of a process that ended by SIGKILL.
    public static final int KILLED = 137;

    private static final long TICK_NS = Duration.ofMillis(50).toNanos();
    private static final Duration BACK_OFF_MAX = Duration.ofMinutes(5);

    private final ContainerSpec spec;
    private final Sandbox sandbox;
    private final Duration grace;
    private final Probes probes;
    private final long originNs = System.nanoTime();
    private final StringBuilder earlierLog = new StringBuilder();
    private volatile ContainerProcess process;
    private volatile int restarts;
    private volatile boolean started;
    private volatile boolean ready;
    private volatile boolean stopping;

    /// @param grace the pod's time between SIGTERM and SIGKILL, the hook included
    PodContainer(ContainerSpec spec, Sandbox sandbox, Duration grace) {
        this.spec = spec;
        this.sandbox = sandbox;
        this.grace = grace;
        this.probes =
                new Probes(
                        spec.container(),
                        sandbox,
                        (command, timeout) -> process.succeeds(command, timeout));
    }

    public String name() {
        return spec.container().getName();
    }

    public ContainerSpec spec() {
        return spec;
    }

    /// Starts it, and keeps it running until [#stop].
    void start() {
        launch();
        Thread.ofVirtual().name("kubelet-" + name()).start(this::watch);
    }

    /// Runs an init container to its end; returns its exit status.
    int runToTheEnd() {
        launch();
        return process.end().join();
    }

    private synchronized void launch() {
        if (stopping) {
            return;
        }
        started = false;
        ready = false;
        if (process != null) {
            earlierLog.append(process.log());
            process.remove();
        }
        process = sandbox.start(spec);
        probes.reset(nowNs());
    }

    private long nowNs() {
        return System.nanoTime() - originNs;
    }

    private void watch() {
        while (!stopping) {
            if (process.end().isDone()) {
                restart();
            }
            probes.run(nowNs());
            started = probes.isStarted();
            ready = probes.isReady() && !process.end().isDone();
            if (probes.wantsRestart() && !stopping) {
                end();
            }
            LockSupport.parkNanos(TICK_NS);
        }
    }

    /// At once the first time, then after 10 s, 20 s and so on.
    private void restart() {
        ready = false;
        var wait =
                restarts == 0
                        ? Duration.ZERO
                        : Duration.ofSeconds(10L << Math.min(5, restarts - 1));
        long untilNs = nowNs() + Math.min(wait.toNanos(), BACK_OFF_MAX.toNanos());
        while (!stopping && nowNs() < untilNs) {
            LockSupport.parkNanos(TICK_NS);
        }
        if (!stopping) {
            launch();
            restarts++;
        }
    }

    /// Ends it for good. Returns its exit status, [#KILLED] if its time was over.
    int stop() {
        abandon();
        return end();
    }

    /// Leaves it to itself: no probe, no restart.
    void abandon() {
        stopping = true;
        synchronized (this) { // one that is on its way has been started
            ready = false;
        }
    }

    /// The hook, then SIGTERM, then SIGKILL when the time is over.
    private int end() {
        var running = process;
        long endNs = nowNs() + grace.toNanos();
        var lifecycle = spec.container().getLifecycle();
        if (lifecycle != null && lifecycle.getPreStop() != null) {
            // For what the manifest says, not for a condition.
            var sleep = Duration.ofSeconds(lifecycle.getPreStop().getSleep().getSeconds());
            await(running, sleep);
        }
        running.signal("TERM");
        if (!await(running, Duration.ofNanos(Math.max(0, endNs - nowNs())))) {
            running.signal("KILL");
        }
        return running.end().join();
    }

    private static boolean await(ContainerProcess process, Duration limit) {
        try {
            process.end().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /// The process that runs, or ran last.
    public ContainerProcess process() {
        return process;
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

    /// What all its lives have said.
    public synchronized String log() {
        return earlierLog + process.log();
    }

    synchronized void remove() {
        if (process != null) {
            process.remove();
        }
    }
}
