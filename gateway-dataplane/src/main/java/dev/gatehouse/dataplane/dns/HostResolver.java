package dev.gatehouse.dataplane.dns;

import dev.gatehouse.dataplane.dns.NameLookup.Found;
import dev.gatehouse.tunnel.AnswerChain;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/// Finds the addresses of a name with the servers of the host, A and AAAA at once, as getaddrinfo
/// does (tunnel.md 6.3), with two differences: a family that is not answered holds the other one
/// up for half a second only, and a name with a dot is tried as it is before the search list,
/// whatever `ndots` says, since clients send whole names.
///
/// Owned by the event loop.
final class HostResolver {
    static final long GRACE_MS = 500;

    private static final int REDIRECTS_MAX = 8;

    private final ScheduledExecutorService loop;
    private final HostNameServers servers;
    private final List<String> search;

    HostResolver(ScheduledExecutorService loop, HostNameServers servers, List<String> search) {
        this.loop = loop;
        this.servers = servers;
        this.search = search;
    }

    /// Completes on the loop; fails if no server can tell.
    CompletableFuture<Found> resolve(String name) {
        return firstOf(candidates(name), 0);
    }

    /// A name without a dot needs a domain, so that those come first.
    private List<Name> candidates(String name) {
        var expanded = search.stream().flatMap(domain -> parse(name + "." + domain).stream());
        var itself = parse(name).stream();
        return (name.indexOf('.') < 0
                        ? Stream.concat(expanded, itself)
                        : Stream.concat(itself, expanded))
                .toList();
    }

    private static Optional<Name> parse(String name) {
        try {
            return Optional.of(Name.fromString(name, Name.root));
        } catch (TextParseException _) {
            return Optional.empty(); // too long, for one
        }
    }

    private CompletableFuture<Found> firstOf(List<Name> candidates, int i) {
        if (i == candidates.size()) {
            return CompletableFuture.completedFuture(Found.NOTHING);
        }
        return bothFamilies(candidates.get(i))
                .thenCompose(
                        found ->
                                found.addresses().isEmpty()
                                        ? firstOf(candidates, i + 1)
                                        : CompletableFuture.completedFuture(found));
    }

    private CompletableFuture<Found> bothFamilies(Name name) {
        var both = new Both(oneFamily(name, Type.AAAA, 0), oneFamily(name, Type.A, 0));
        both.v4.whenComplete((found, _) -> both.handle(found));
        both.v6.whenComplete((found, _) -> both.handle(found));
        return both.result;
    }

    /// The two look-ups of one name.
    private final class Both {
        private final CompletableFuture<Found> v6;
        private final CompletableFuture<Found> v4;
        private final CompletableFuture<Found> result = new CompletableFuture<>();

        Both(CompletableFuture<Found> v6, CompletableFuture<Found> v4) {
            this.v6 = v6;
            this.v4 = v4;
        }

        /// @param found null: this one has failed
        void handle(Found found) {
            if (v6.isDone() && v4.isDone()) {
                finish();
            } else if (found != null && !found.addresses().isEmpty()) {
                loop.schedule(this::finish, GRACE_MS, TimeUnit.MILLISECONDS);
            }
        }

        private void finish() {
            if (v6.isCompletedExceptionally() && v4.isCompletedExceptionally()) {
                result.completeExceptionally(v4.exceptionNow());
                return;
            }
            var parts = Stream.of(v6, v4).filter(HostResolver::isGood).map(f -> f.resultNow());
            var merged = parts.reduce(Found.NOTHING, Found::and);
            boolean isWhole = isGood(v6) && isGood(v4);
            result.complete(isWhole ? merged : merged.untilSoon());
        }
    }

    private static boolean isGood(CompletableFuture<Found> future) {
        return future.isDone() && !future.isCompletedExceptionally();
    }

    private CompletableFuture<Found> oneFamily(Name name, int type, int redirects) {
        return servers.ask(name, type)
                .thenCompose(
                        answer -> {
                            var chain = AnswerChain.follow(answer, name, type);
                            return chain.records().isEmpty()
                                            && !chain.end().equals(name)
                                            && redirects < REDIRECTS_MAX
                                    ? oneFamily(chain.end(), type, redirects + 1)
                                            .thenApply(found -> found.within(chain.ttl()))
                                    : CompletableFuture.completedFuture(found(chain));
                        });
    }

    private static Found found(AnswerChain chain) {
        var addresses = new ArrayList<InetAddress>();
        for (Record entry : chain.records()) {
            switch (entry) {
                case ARecord a -> addresses.add(a.getAddress());
                case AAAARecord aaaa -> addresses.add(aaaa.getAddress());
                default -> {}
            }
        }
        return new Found(addresses, Duration.ofSeconds(chain.ttl()));
    }
}
