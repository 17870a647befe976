package dev.gatehouse.transport.loop;

import dev.gatehouse.transport.process.MonotonicClock;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread that owns an [Agent]: descriptors, timers and a bounded queue of commands.
///
/// Waits in its [Poller] only when a turn did nothing. A full command queue refuses, and counts.
/// Any failure that reaches the top ends the shard and is handed to `onFailure`.
///
/// @param <C> the commands of the agent
public final class Shard<C> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final int COMMANDS_PER_TURN_MAX = 64;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private final Agent<C> agent;
    private final Poller poller;
    private final MonotonicClock clock;
    private final Consumer<Throwable> onFailure;
    private final ArrayBlockingQueue<C> commands;
    private final int chatterMax;
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong busyNs = new AtomicLong(); // written by the shard's thread alone
    private final Thread thread;
    private long workingSinceNs; // up to here busyNs has counted
    private volatile boolean stopping;

    /// @param poller watches the agent's descriptors; closed with the shard
    /// @param commandsMax how many commands may wait
    /// @param onFailure called on the shard's thread, after the agent was stopped
    public Shard(
            String name,
            Agent<C> agent,
            Poller poller,
            MonotonicClock clock,
            int commandsMax,
            Consumer<Throwable> onFailure) {
        this.agent = agent;
        this.poller = poller;
        this.clock = clock;
        this.onFailure = onFailure;
        commands = new ArrayBlockingQueue<>(commandsMax);
        chatterMax = commandsMax / 2;
        thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// Hands a command to the shard. Returns false, and counts, when it is behind or has ended.
    public boolean post(C command) {
        if (stopping || !commands.offer(command)) {
            refused.incrementAndGet();
            return false;
        }
        poller.wakeup();
        return true;
    }

    /// Like [#post], for what others may send any number of: refused as soon as the queue is half
    /// full, so that it takes the room of nothing that must not be lost.
    public boolean postChatter(C command) {
        if (commands.size() >= chatterMax) {
            refused.incrementAndGet();
            return false;
        }
        return post(command);
    }

    /// Commands refused so far.
    public long refusedCommands() {
        return refused.get();
    }

    /// Nanoseconds spent at work since the start, waiting left out: their share of the time that
    /// passed is how full the thread is. Grows with each turn.
    public long busyNs() {
        return busyNs.get();
    }

    public boolean isRunning() {
        return thread.isAlive();
    }

    /// Asks the thread to end after the commands posted before; does not wait.
    public void stop() {
        stopping = true;
        poller.wakeup();
    }

    /// Returns false if the thread still runs after `wait`.
    public boolean join(Duration wait) throws InterruptedException {
        return thread.join(wait);
    }

    @Override
    public void close() {
        stop();
        try {
            if (Thread.currentThread() != thread && !join(CLOSE_WAIT)) {
                LOG.warn("{} does not end", thread.getName());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Throwable failure = null;
        try {
            workingSinceNs = clock.nowNs();
            agent.start(workingSinceNs);
            while (!stopping) {
                turn();
            }
            drainCommands(Integer.MAX_VALUE);
        } catch (Throwable e) { // the loop's top: whatever it is, the shard ends loudly
            failure = e;
            LOG.error("{} failed", thread.getName(), e);
        } finally {
            stopping = true;
            agent.stop(clock.nowNs());
            poller.close();
        }
        if (failure != null) {
            onFailure.accept(failure);
        }
    }

    private void turn() throws IOException {
        int work = drainCommands(COMMANDS_PER_TURN_MAX);
        long nowNs = clock.nowNs();
        countBusyUntil(nowNs);
        if (nowNs >= agent.pollTimeout()) {
            agent.handleTimeout(nowNs);
            work++;
        }
        work += agent.doWork(nowNs);
        if (work == 0 && !stopping) {
            idle();
        }
    }

    private int drainCommands(int max) throws IOException {
        int done = 0;
        while (done < max) {
            C command = commands.poll();
            if (command == null) {
                break;
            }
            agent.handleCommand(command, clock.nowNs());
            done++;
        }
        return done;
    }

    private void idle() throws IOException {
        long deadline = agent.pollTimeout();
        long nowNs = clock.nowNs();
        countBusyUntil(nowNs);
        poller.poll(deadline == Agent.NEVER ? Long.MAX_VALUE : Math.max(0, deadline - nowNs));
        workingSinceNs = clock.nowNs();
    }

    private void countBusyUntil(long nowNs) {
        busyNs.lazySet(busyNs.getPlain() + nowNs - workingSinceNs);
        workingSinceNs = nowNs;
    }
}
