package dev.gatehouse.dataplane.dns;

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
/// is less, failures never; look-ups of one name share one query. A name without addresses is no
/// failure: only a look-up that takes longer than 10 s is.
///
/// At once 1,000 look-ups are under way, 100 of one client. Others wait, and clients take turns, so
/// that after a restart all may ask for all their names; past 1,024 of a client or 65,536 of all,
/// and after 4 s of waiting, a request is answered as failed, and counted.
public final class NameLookup implements AutoCloseable {
    static final Turns.Limits LIMITS = new Turns.Limits(1_000, 100, 65_536, 1_024);

    static final long LIMIT_MS = 10_000;
    private static final Duration KEPT = Duration.ofSeconds(30);
    private static final Duration KEPT_MIN = Duration.ofSeconds(1); // who asks once asks thrice
    private static final Duration SOON = Duration.ofSeconds(5);
    static final int KEPT_MAX = 10_000;

    /// With the 10 s of a look-up less than whoever asks waits.
    private static final long WAIT_MAX_NS = Duration.ofSeconds(4).toNanos();

    /// Asks for the addresses behind a name.
    ///
    /// @param shard that asks and gets the answer
    /// @param client for whom
    /// @param requestId its own number for it
    public record Question(int shard, String client, long requestId, String domain) {
        private Answer answer(Optional<List<IpAddress>> addresses) {
            return new Answer(shard, requestId, addresses);
        }
    }

    /// @param addresses empty: the look-up failed
    public record Answer(int shard, long requestId, Optional<List<IpAddress>> addresses) {}

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

    private record Waiting(Question question, long untilNs) {}

    private record Kept(List<IpAddress> addresses, long untilNs) {}

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(
                    1, Thread.ofPlatform().name("dns").factory(), EpollIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final Backend backend;
    private final Consumer<Answer> answers;
    private final Turns<Waiting> turns = new Turns<>(LIMITS);
    private final Map<String, List<Question>> sharing = new LinkedHashMap<>();
    private final LinkedHashMap<String, Kept> kept = new LinkedHashMap<>(); // oldest first
    private volatile long refused;

    /// @param answers called on the look-up's thread
    public NameLookup(Consumer<Answer> answers) {
        backend =
                new SystemResolver(
                        loop,
                        SystemResolver.HOSTS,
                        SystemResolver.CONFIGURATION,
                        HostFamilies::hasV6);
        this.answers = answers;
    }

    public NameLookup(Backend backend, Consumer<Answer> answers) {
        this.backend = backend;
        this.answers = answers;
    }

    /// Any thread may ask.
    public void ask(Question question) {
        loop.execute(() -> handle(question));
    }

    /// Requests answered as failed because too many were under way.
    public long refused() {
        return refused;
    }

    /// Answers of servers to questions that were not asked.
    public long mismatched() {
        return backend.mismatched();
    }

    private void handle(Question question) {
        var known = known(name(question));
        if (known.isPresent()) {
            answers.accept(question.answer(known));
        } else if (turns.offer(
                question.client, new Waiting(question, System.nanoTime() + WAIT_MAX_NS))) {
            beginNext();
        } else {
            refuse(question);
        }
    }

    private static String name(Question question) {
        return question.domain().toLowerCase(Locale.ROOT);
    }

    private Optional<List<IpAddress>> known(String name) {
        var known = kept.get(name);
        return known != null && System.nanoTime() - known.untilNs < 0
                ? Optional.of(known.addresses)
                : Optional.empty();
    }

    private void refuse(Question question) {
        refused++;
        answers.accept(question.answer(Optional.empty()));
    }

    private void beginNext() {
        turns.beginAll(this::begin);
    }

    private void begin(Waiting next) {
        var question = next.question;
        if (System.nanoTime() - next.untilNs > 0) {
            turns.done(question.client);
            refuse(question);
            return;
        }
        String name = name(question);
        var known = known(name); // somebody else has asked meanwhile
        if (known.isPresent()) {
            turns.done(question.client);
            answers.accept(question.answer(known));
            return;
        }
        var others = sharing.get(name);
        if (others != null) {
            others.add(question);
            return;
        }
        sharing.put(name, new ArrayList<>(List.of(question)));
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
        var questions = sharing.remove(name);
        if (questions == null) {
            return; // past its limit
        }
        var addresses = result.map(NameLookup::addresses);
        if (addresses.isPresent() && !addresses.get().isEmpty()) {
            keep(name, addresses.get(), result.get().ttl());
        }
        for (var question : questions) {
            turns.done(question.client);
            answers.accept(question.answer(addresses));
        }
        beginNext();
    }

    private void keep(String name, List<IpAddress> addresses, Duration ttl) {
        long nowNs = System.nanoTime();
        var keptFor = Collections.max(List.of(KEPT_MIN, Collections.min(List.of(KEPT, ttl))));
        kept.remove(name); // to be the newest
        if (kept.size() >= KEPT_MAX) {
            kept.remove(kept.firstEntry().getKey());
        }
        kept.put(name, new Kept(addresses, nowNs + keptFor.toNanos()));
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
