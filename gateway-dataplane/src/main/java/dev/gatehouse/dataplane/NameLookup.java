package dev.gatehouse.dataplane;

import dev.gatehouse.wire.IpAddress;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Looks up the addresses of DNS resources, away from the shards (tunnel.md 6.3).
///
/// Resolves as [SystemResolver] does. Answers are kept for 30 s or their time to live, whichever
/// is less, failures never; look-ups of one name share one query; past 1,000 at once a request is
/// dropped without an answer, and counted. A name without addresses is no failure: only a look-up
/// that takes longer than 10 s is.
final class NameLookup implements AutoCloseable {
    static final int CONCURRENT_MAX = 1000;

    static final long LIMIT_MS = 10_000;
    private static final Duration KEPT = Duration.ofSeconds(30);
    private static final Duration KEPT_MIN = Duration.ofSeconds(1); // who asks once asks thrice
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int KEPT_MAX = 10_000;

    /// Asks for the addresses behind a name.
    ///
    /// @param shard that asks and gets the answer
    /// @param requestId its own number for it
    record Question(int shard, long requestId, String domain) {
        private Answer answer(Optional<List<IpAddress>> addresses) {
            return new Answer(shard, requestId, addresses);
        }
    }

    /// @param addresses empty: the look-up failed
    record Answer(int shard, long requestId, Optional<List<IpAddress>> addresses) {}

    /// Where names are resolved; separate for tests.
    interface Backend {
        /// Completes on the look-up's loop; fails if nobody answered.
        CompletableFuture<Found> resolveAll(String name);

        /// Answers so far to questions that were not asked; any thread may read it.
        long mismatched();
    }

    /// What a name stands for.
    ///
    /// @param addresses none: there is no such name, or it has none
    /// @param ttl how long that is true
    record Found(List<InetAddress> addresses, Duration ttl) {
        static final Found NOTHING = new Found(List.of(), Duration.ofDays(1));

        Found {
            addresses = List.copyOf(addresses);
        }

        Found and(Found other) {
            var all = Stream.concat(addresses.stream(), other.addresses.stream()).toList();
            return new Found(all, ttl).within(other.ttl.toSeconds());
        }

        Found within(long seconds) {
            return ttl.toSeconds() <= seconds
                    ? this
                    : new Found(addresses, Duration.ofSeconds(seconds));
        }

        Found withoutV6() {
            var rest = addresses.stream().filter(a -> !(a instanceof Inet6Address)).toList();
            return new Found(rest, ttl);
        }

        /// One family is missing; it shall be asked for again soon.
        Found untilSoon() {
            return within(SOON.toSeconds());
        }
    }

    private record Kept(List<IpAddress> addresses, long untilNs) {}

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(
                    1, Thread.ofPlatform().name("dns").factory(), EpollIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final Backend backend;
    private final Consumer<Answer> answers;
    private final Map<String, List<Question>> waiting = new LinkedHashMap<>();
    private final Map<String, Kept> kept = new LinkedHashMap<>();
    private int concurrent;
    private volatile long refused;

    /// @param answers called on the look-up's thread
    NameLookup(Consumer<Answer> answers) {
        backend =
                new SystemResolver(
                        loop,
                        SystemResolver.HOSTS,
                        SystemResolver.CONFIGURATION,
                        HostFamilies::hasV6);
        this.answers = answers;
    }

    NameLookup(Backend backend, Consumer<Answer> answers) {
        this.backend = backend;
        this.answers = answers;
    }

    /// Any thread may ask.
    void ask(Question question) {
        loop.execute(() -> handle(question));
    }

    /// Requests dropped because too many were under way.
    long refused() {
        return refused;
    }

    /// Answers of servers to questions that were not asked.
    long mismatched() {
        return backend.mismatched();
    }

    private void handle(Question question) {
        String name = question.domain().toLowerCase(Locale.ROOT);
        var known = kept.get(name);
        if (known != null && System.nanoTime() - known.untilNs < 0) {
            answers.accept(question.answer(Optional.of(known.addresses)));
            return;
        }
        if (concurrent >= CONCURRENT_MAX) {
            refused++;
            return;
        }
        concurrent++;
        var sharing = waiting.get(name);
        if (sharing != null) {
            sharing.add(question);
            return;
        }
        waiting.put(name, new ArrayList<>(List.of(question)));
        lookUp(name);
    }

    private void lookUp(String name) {
        var future = backend.resolveAll(name);
        var limit =
                loop.schedule(
                        () -> finish(name, Optional.empty()), LIMIT_MS, TimeUnit.MILLISECONDS);
        future.whenComplete(
                (found, failure) -> {
                    limit.cancel(false);
                    finish(name, Optional.of(failure == null ? found : Found.NOTHING));
                });
    }

    private static List<IpAddress> addresses(Found found) {
        var sorted = new TreeSet<IpAddress>();
        found.addresses().forEach(address -> sorted.add(IpAddress.ofBytes(address.getAddress())));
        return List.copyOf(sorted);
    }

    private void finish(String name, Optional<Found> result) {
        var questions = waiting.remove(name);
        if (questions == null) {
            return; // past its limit
        }
        concurrent -= questions.size();
        var addresses = result.map(NameLookup::addresses);
        if (addresses.isPresent() && !addresses.get().isEmpty()) {
            keep(name, addresses.get(), result.get().ttl());
        }
        for (var question : questions) {
            answers.accept(question.answer(addresses));
        }
    }

    private void keep(String name, List<IpAddress> addresses, Duration ttl) {
        long nowNs = System.nanoTime();
        var keptFor = Collections.max(List.of(KEPT_MIN, Collections.min(List.of(KEPT, ttl))));
        if (kept.size() >= KEPT_MAX) {
            kept.values().removeIf(entry -> nowNs - entry.untilNs >= 0);
        }
        if (kept.size() < KEPT_MAX) {
            kept.put(name, new Kept(addresses, nowNs + keptFor.toNanos()));
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
