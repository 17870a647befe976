package dev.gatehouse.dataplane.dns;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.WireParseException;

/// Asks the servers of the host in turn until one knows: the next is asked when one is silent,
/// cannot be reached, refuses, or answers another question (RFC 5452 section 9.1: counted). Each
/// query has a port and an id of its own, only its server's address is heard, and what is
/// truncated is asked again over TCP.
///
/// Queries carry no OPT, as getaddrinfo's: every server understands those.
///
/// Owned by the loop that it is given.
final class HostNameServers {
    private static final int NO_EDNS = -1;

    private final Executor loop;
    private final List<SimpleResolver> servers = new ArrayList<>();
    private final int attempts;
    private final boolean rotate;
    private final AtomicLong mismatched;
    private int first;

    /// @param limit for all attempts together
    /// @param mismatched counts answers to questions that were not asked
    HostNameServers(
            Executor loop,
            ResolverConfiguration configuration,
            Duration limit,
            AtomicLong mismatched) {
        this.loop = loop;
        this.mismatched = mismatched;
        attempts = configuration.attempts();
        rotate = configuration.rotate();
        int tries = attempts * configuration.servers().size();
        var share = limit.dividedBy(tries + 1L); // the last has to end before the limit
        var timeout = Collections.min(List.of(share, configuration.timeout()));
        for (var address : configuration.servers()) {
            var server = new SimpleResolver(address);
            server.setEDNS(NO_EDNS, 0, 0, List.of());
            server.setTCP(configuration.overTcp());
            server.setTimeout(timeout);
            servers.add(server);
        }
    }

    /// Completes on the loop with an answer of code NOERROR or NXDOMAIN, or fails.
    CompletableFuture<Message> ask(Name name, int type) {
        var result = new CompletableFuture<Message>();
        ask(Record.newRecord(name, type, DClass.IN), first, servers.size() * attempts, result);
        if (rotate) {
            first = (first + 1) % servers.size();
        }
        return result;
    }

    private void ask(Record question, int server, int tries, CompletableFuture<Message> result) {
        servers.get(server % servers.size())
                .sendAsync(Message.newQuery(question), loop)
                .whenCompleteAsync(
                        (answer, failure) -> {
                            if (failure == null && isUseful(answer)) {
                                result.complete(answer);
                                return;
                            }
                            if (isMismatch(failure)) {
                                mismatched.incrementAndGet();
                            }
                            if (tries > 1) {
                                ask(question, server + 1, tries - 1, result);
                            } else {
                                result.completeExceptionally(
                                        new IOException("no server can tell", failure));
                            }
                        },
                        loop);
    }

    /// What is no message at all counts as one, too.
    private static boolean isMismatch(Throwable failure) {
        return failure instanceof WireParseException
                || failure instanceof CompletionException wrapped
                        && wrapped.getCause() instanceof WireParseException;
    }

    private static boolean isUseful(Message answer) {
        int code = answer.getRcode();
        return code == Rcode.NOERROR || code == Rcode.NXDOMAIN;
    }
}
