package dev.gatehouse.client.resolver;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the host's resolver as the state wants it, on a thread of its own: the loop that moves
/// packets never waits for a program or a file.
///
/// Only the newest wish counts. What fails is told once and tried again, after 1 s to 60 s. What
/// others change is written again, within two seconds, unless they do so without pause
/// ([Restraint]). Servers of the system that others have named are told to the loop.
public final class DnsKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DnsKeeper.class);
    private static final long SETTLE_NS = Duration.ofMillis(200).toNanos();
    private static final long RETRY_NS = Duration.ofSeconds(1).toNanos();
    private static final long RETRY_MAX_NS = Duration.ofSeconds(60).toNanos();
    private static final Duration TURN_WAIT = Duration.ofMillis(500);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    /// How it goes, for `client status`.
    ///
    /// @param fault why the resolver is not as it should be; empty: it is
    /// @param rewrites how often others had changed it
    /// @param failures how often it could not be set
    public record Report(Optional<String> fault, long rewrites, long failures) {}

    private final HostResolver resolver;
    private final Predicate<List<IpAddress>> onServers;
    private final Runnable onFirst;
    private final Thread thread = Thread.ofPlatform().name("client-dns").unstarted(this::run);

    private DnsWish wanted; // guarded by this, as are the next three
    private boolean isFlushWanted;
    private boolean isWoken;
    private boolean isClosed;

    private DnsWish applied; // of the thread, as are the rest; null: nothing is in force
    private DnsWish tried;
    private List<IpAddress> servers = List.of();
    private HostResolver.Observation settling;
    private final Restraint restraint = new Restraint();
    private long observeAtNs = System.nanoTime();
    private long retryAtNs;
    private long retryNs = RETRY_NS;
    private volatile Report report = new Report(Optional.empty(), 0, 0);
    private volatile boolean isInForce;

    /// @param onServers told the servers of the system whenever they change; false: tell it again
    /// @param onFirst called once, when the first wish has been fulfilled or has failed
    DnsKeeper(HostResolver resolver, Predicate<List<IpAddress>> onServers, Runnable onFirst) {
        this.resolver = resolver;
        this.onServers = onServers;
        this.onFirst = onFirst;
    }

    /// Tells the servers of the system before it returns.
    public void start() {
        observe(System.nanoTime());
        thread.start();
    }

    /// Replaces what was wanted before. Any thread; never waits.
    public synchronized void want(DnsWish wish) {
        wanted = wish;
        wake();
    }

    /// Names may mean other addresses than before. Any thread; never waits.
    public synchronized void flushCaches() {
        isFlushWanted = true;
        wake();
    }

    /// Something may have changed. Any thread; never waits.
    synchronized void wake() {
        isWoken = true;
        notifyAll();
    }

    /// Whether the newest wish that was tried is what the host does. Any thread.
    public boolean isInForce() {
        return isInForce;
    }

    public Report report() {
        return report;
    }

    private void run() {
        var wish = Optional.<DnsWish>empty();
        while (awaitWork()) {
            boolean isFlush;
            synchronized (this) {
                wish = Optional.ofNullable(wanted);
                isFlush = isFlushWanted;
                isFlushWanted = false;
            }
            turn(wish);
            if (isFlush && applied != null) {
                flush();
            }
        }
    }

    /// Returns false at the end.
    private synchronized boolean awaitWork() {
        try {
            for (long leftNs = leftNs(); leftNs > 0 && !isWoken && !isClosed; leftNs = leftNs()) {
                TimeUnit.NANOSECONDS.timedWait(this, leftNs + TimeUnit.MILLISECONDS.toNanos(1));
            }
        } catch (InterruptedException _) {
            return false;
        }
        isWoken = false;
        return !isClosed;
    }

    private long leftNs() {
        long observeInNs = observeAtNs - System.nanoTime();
        return isRetrying() ? Math.min(observeInNs, retryAtNs - System.nanoTime()) : observeInNs;
    }

    private boolean isRetrying() {
        return tried != null && applied == null;
    }

    private void turn(Optional<DnsWish> wish) {
        long nowNs = System.nanoTime();
        boolean isNew = wish.isPresent() && !wish.get().equals(tried);
        boolean isDue = isRetrying() && nowNs - retryAtNs >= 0;
        if (isNew || isDue) {
            apply(wish.get());
        }
        if (nowNs - observeAtNs >= 0 || !isNew && !isDue) {
            observe(nowNs);
        }
    }

    private void apply(DnsWish wish) {
        boolean isFirst = tried == null;
        tried = wish;
        try {
            resolver.set(wish);
            handleApplied(wish);
        } catch (IOException e) {
            handleFailed(e);
        }
        if (isFirst) {
            onFirst.run();
        }
    }

    private void handleApplied(DnsWish wish) {
        if (report.fault().isPresent()) {
            LOG.info("{} is set again", resolver.name());
        }
        applied = wish;
        isInForce = true;
        settling = null;
        retryNs = RETRY_NS;
        report = new Report(Optional.empty(), report.rewrites(), report.failures());
        observeAtNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(resolver.observeEveryMs());
    }

    private void handleFailed(IOException e) {
        if (isInterrupted()) {
            return;
        }
        if (report.fault().isEmpty()) {
            LOG.warn("names are not resolved by the client, which tries again: {}", why(e));
        } else {
            LOG.debug("{} is still not set: {}", resolver.name(), why(e));
        }
        applied = null;
        isInForce = false;
        report = new Report(Optional.of(why(e)), report.rewrites(), report.failures() + 1);
        retryAtNs = System.nanoTime() + retryNs;
        retryNs = Math.min(RETRY_MAX_NS, 2 * retryNs);
    }

    private static boolean isInterrupted() {
        return Thread.currentThread().isInterrupted();
    }

    private static String why(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private void observe(long nowNs) {
        observeAtNs = nowNs + TimeUnit.MILLISECONDS.toNanos(resolver.observeEveryMs());
        try {
            handle(resolver.observe(), nowNs);
        } catch (IOException e) {
            LOG.debug("{} cannot be read: {}", resolver.name(), why(e));
        }
    }

    /// A change counts once it has stood for a moment: a file is seldom written at one go.
    private void handle(HostResolver.Observation seen, long nowNs) {
        if (seen.isKept() || applied == null) {
            settling = null;
            tell(seen.servers());
            return;
        }
        if (!seen.equals(settling)) {
            settling = seen;
            observeAtNs = nowNs + SETTLE_NS;
            return;
        }
        tell(seen.servers());
        if (nowNs < restraint.allowedAtNs()) {
            observeAtNs = Math.min(observeAtNs, restraint.allowedAtNs());
            return;
        }
        writeAgain(nowNs);
    }

    private void writeAgain(long nowNs) {
        boolean isFight = restraint.handleDone(nowNs);
        report = new Report(report.fault(), report.rewrites() + 1, report.failures());
        if (isFight) {
            LOG.warn(
                    "another program keeps changing {}: it is written again less and less often;"
                            + " end that program's part in it, or set FIREZONE_DNS_CONTROL",
                    resolver.name());
        } else {
            LOG.info("{} was changed by another program: written again", resolver.name());
        }
        apply(applied);
    }

    private void tell(List<IpAddress> present) {
        if (!present.equals(servers) && onServers.test(present)) {
            servers = present;
        }
    }

    private void flush() {
        try {
            resolver.flushCaches();
        } catch (IOException e) {
            LOG.debug("old names stay cached: {}", why(e));
        }
    }

    /// Leaves the host as it was found. What is under way is cut short.
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        try {
            if (!thread.join(
                    TURN_WAIT)) { // a file is written by then: it is a program that is slow
                thread.interrupt();
                thread.join(CLOSE_WAIT);
            }
            resolver.revert();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("{} is not as it was before: {}", resolver.name(), why(e));
        }
    }
}
