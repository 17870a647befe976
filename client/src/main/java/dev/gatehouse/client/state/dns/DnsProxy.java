package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;

/// Answers queries to sentinels: from the cache, by the stub, or with the help of a real server
/// (client.md 9 to 13). At most 1,000 queries wait for servers of the host's network or over TCP;
/// others are dropped.
///
/// What comes back is believed if it is from whom was asked, to the question that was asked, and
/// counted else (RFC 5452). Whoever asked with EDNS gets an OPT, in as many bytes as it takes
/// (RFC 6891), also from a server that knows no EDNS: that one is asked again without.
final class DnsProxy {
    private static final int FORWARDED_MAX = 1000;

    /// What becomes of a query that is not answered from here.
    sealed interface Outcome {
        /// Answered, forwarded or dropped. A stub answer for a name of a resource names it.
        record Done(ResourceEntry answeredFor, String name) implements Outcome {}

        /// To be sent to the gateway of this resource.
        record AskSite(ResourceEntry entry, Asked asked) implements Outcome {}

        /// To be sent to the gateway of the resource whose name it asks for, which is to tell
        /// whether there are IPv6 addresses.
        record AskFamily(Asked asked) implements Outcome {}

        /// To be sent to the server, through the tunnel.
        record Tunnel(Endpoint server, Asked asked) implements Outcome {}
    }

    private static final Outcome DONE = new Outcome.Done(null, "");

    /// @param last whether it is not asked again in another way
    private record Forwarded(Asked asked, Way way, boolean last) {}

    /// @param throughTunnel or past it
    private record Way(Endpoint server, boolean throughTunnel, boolean overTcp) {}

    private final DnsStub stub;
    private final DnsCache cache = new DnsCache();
    private final DnsReplies replies;
    private final HeldQueries held;
    private final Queue<ClientEvent> events;
    private final NavigableMap<Long, Forwarded> forwarded = new TreeMap<>();
    private long nextTicket;
    private long mismatched;
    private long refused;

    DnsProxy(DnsStub stub, DnsReplies replies, HeldQueries held, Queue<ClientEvent> events) {
        this.stub = stub;
        this.replies = replies;
        this.held = held;
        this.events = events;
    }

    /// @param throughTunnel whether the server behind the sentinel is reached through a resource
    Outcome handle(IpPacket packet, Endpoint server, boolean throughTunnel, long nowNs) {
        return isTo(AddressPlan.DNS_PORT, packet)
                ? handle(Asked.of(packet), server, throughTunnel, nowNs)
                : DONE;
    }

    private static boolean isTo(int port, IpPacket packet) {
        return packet.isUdp() && packet.destinationPort() == port;
    }

    /// The same over TCP.
    Outcome handle(TcpDnsQuery query, Endpoint server, boolean throughTunnel, long nowNs) {
        return handle(Asked.of(query), server, throughTunnel, nowNs);
    }

    private Outcome handle(
            Optional<Asked> parsed, Endpoint server, boolean throughTunnel, long nowNs) {
        if (parsed.isEmpty()) {
            return DONE;
        }
        var asked = parsed.get();
        int ednsError = DnsMessages.ednsError(asked.query());
        if (ednsError != Rcode.NOERROR) {
            replies.reply(asked, DnsMessages.reply(asked.query(), ednsError));
            return DONE;
        }
        var cached = cache.get(asked.query(), nowNs);
        if (cached.isPresent()) {
            replies.reply(asked, cached.get());
            return DONE;
        }
        return switch (stub.handle(asked.query(), nowNs)) {
            case DnsStub.Verdict.Local local -> handle(local, asked, nowNs);
            case DnsStub.Verdict.AskSite(var entry) -> new Outcome.AskSite(entry, asked);
            case DnsStub.Verdict.Forward _ when throughTunnel -> new Outcome.Tunnel(server, asked);
            case DnsStub.Verdict.Forward _ -> {
                forward(asked, new Way(server, false, asked.isOverTcp()), false);
                yield DONE;
            }
        };
    }

    /// Multicast name resolution: only what the stub knows is answered, the rest is not ours.
    Outcome handleLlmnr(IpPacket packet, long nowNs) {
        var asked =
                isTo(AddressPlan.LLMNR_PORT, packet) ? Asked.of(packet) : Optional.<Asked>empty();
        if (asked.isEmpty()) {
            return DONE;
        }
        return switch (stub.handle(asked.get().query(), nowNs)) {
            case DnsStub.Verdict.Local local -> handle(local, asked.get(), nowNs);
            case DnsStub.Verdict.AskSite _, DnsStub.Verdict.Forward _ -> DONE;
        };
    }

    private Outcome handle(DnsStub.Verdict.Local verdict, Asked asked, long nowNs) {
        return switch (verdict) {
            case DnsStub.Verdict.Answer(var message, var entry) -> {
                replies.reply(asked, message);
                yield new Outcome.Done(entry, asked.name());
            }
            case DnsStub.Verdict.AskFamily(var entry, var name) ->
                    held.hold(asked, entry, name, nowNs)
                            .<Outcome>map(Outcome.AskFamily::new)
                            .orElseGet(() -> new Outcome.Done(entry, name.name()));
        };
    }

    /// Asks a server that is reached through a tunnel, over TCP. Also where the other end of the
    /// tunnel does not let UDP pass, or nobody listens there: UDP may be forbidden where TCP is
    /// not, and if both are, TCP tells at once.
    void forwardTcp(Asked asked, Endpoint server) {
        forward(asked, new Way(server, true, true), false);
    }

    private void forward(Asked asked, Way way, boolean last) {
        if (forwarded.size() >= FORWARDED_MAX) {
            refused++;
            if (way.overTcp) {
                fail(asked);
            }
            return;
        }
        long ticket = nextTicket++;
        forwarded.put(ticket, new Forwarded(asked, way, last));
        events.add(
                way.overTcp
                        ? new ClientEvent.ForwardTcpQuery(
                                ticket, way.server, way.throughTunnel, asked.payload())
                        : new ClientEvent.ForwardQuery(ticket, way.server, asked.payload()));
    }

    /// A server answered; the bytes go to the client as they are unless they are too long.
    void handleAnswer(long ticket, DnsPayload answer, long nowNs) {
        var waiting = forwarded.remove(ticket);
        if (waiting == null) {
            return;
        }
        var asked = waiting.asked;
        var message = believed(asked, answer);
        if (message.isEmpty()) {
            fail(asked);
        } else if (DnsMessages.isEdnsRefused(asked.query(), message.get()) && !waiting.last) {
            forward(asked.withoutOpt(), waiting.way, true);
        } else {
            deliver(asked, answer, message.get(), nowNs);
        }
    }

    /// The same for an answer that came through the tunnel; false if it is none, and the query goes
    /// on waiting.
    boolean handleAnswer(Asked asked, DnsPayload answer, long nowNs) {
        var message = believed(asked, answer);
        message.ifPresent(m -> deliver(asked, answer, m, nowNs));
        return message.isPresent();
    }

    /// Empty, and counted, if it is no answer to what was asked.
    private Optional<Message> believed(Asked asked, DnsPayload answer) {
        var message = DnsMessages.parse(answer.bytes());
        if (!answer.answers(asked.payload()) || message.isEmpty()) {
            mismatched++;
            return Optional.empty();
        }
        return message;
    }

    private void deliver(Asked asked, DnsPayload answer, Message message, long nowNs) {
        if (asked.held() != null) {
            held.settle(asked, Optional.of(message), nowNs);
            return;
        }
        if (message.getQuestion() == null) {
            fail(asked); // it says that it did not understand
            return;
        }
        cache.put(message, nowNs);
        var bytes = DnsMessages.withOptFor(asked.query(), message, answer.bytes());
        replies.reply(asked, bytes, message.getHeader().getRcode());
    }

    /// Tells that nobody can be asked.
    void fail(Asked asked) {
        if (asked.held() != null) {
            held.settle(asked, Optional.empty(), 0);
            return;
        }
        replies.reply(asked, DnsMessages.reply(asked.query(), Rcode.SERVFAIL));
    }

    /// The server could not be asked, or was silent over TCP.
    void handleFailure(long ticket) {
        var waiting = forwarded.remove(ticket);
        if (waiting != null) {
            fail(waiting.asked);
        }
    }

    /// The server was silent over UDP: so are we.
    void handleSilence(long ticket) {
        forwarded.remove(ticket);
    }

    /// Queries so far for which there was no room.
    long refused() {
        return refused;
    }

    /// Answers so far to questions that were not asked.
    long mismatched() {
        return mismatched;
    }

    void clearCache() {
        cache.clear();
    }

    /// Those over TCP are told.
    void forgetForwarded() {
        forwarded.values().stream()
                .map(Forwarded::asked)
                .filter(Asked::isOverTcp)
                .forEach(this::fail);
        forwarded.clear();
    }
}
