package dev.gatehouse.client.state;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.Consumer;
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
    private static final int HELD_MAX = 1000;
    private static final long NEVER = Long.MAX_VALUE;

    /// Less than the 5 s that resolvers wait, enough for most tunnels to be built.
    private static final long HELD_NS = Duration.ofMillis(4_500).toNanos();

    /// A gateway that had this long for an answer is not waited for again for some time.
    private static final long SILENT_AFTER_NS = Duration.ofSeconds(2).toNanos();

    private static final long SILENT_FOR_NS = Duration.ofMinutes(10).toNanos();

    /// What becomes of a query that is not answered from here.
    sealed interface Outcome {
        /// Answered, forwarded or dropped. A stub answer for a name of a resource names it.
        record Done(ResourceEntry answeredFor, String name) implements Outcome {}

        /// To be sent to the gateway of this resource.
        record AskSite(ResourceEntry entry, Asked asked) implements Outcome {}

        /// To be asked with [#askFamily].
        record AskFamily(Asked asked) implements Outcome {}

        /// To be sent to the server, through the tunnel.
        record Tunnel(Endpoint server, Asked asked) implements Outcome {}
    }

    private static final Outcome DONE = new Outcome.Done(null, "");

    /// Where an answer goes.
    private sealed interface Origin {
        record Udp(Endpoint client, Endpoint sentinel) implements Origin {}

        record Tcp(Consumer<DnsPayload> answer) implements Origin {}
    }

    /// A query for IPv6 addresses of a resource's name that waits for a word of the site.
    static final class Held {
        final ResourceEntry entry;
        final ProxyName name;
        private final long untilNs;
        private boolean settled;
        private Gateway asked; // null before
        private long askedAtNs;

        private Held(ResourceEntry entry, ProxyName name, long untilNs) {
            this.entry = entry;
            this.name = name;
            this.untilNs = untilNs;
        }

        private void handleAsked(Gateway gateway, long nowNs) {
            asked = gateway;
            askedAtNs = nowNs;
        }

        private void handleUnanswered(long nowNs) {
            if (!settled && asked != null && nowNs >= askedAtNs + SILENT_AFTER_NS) {
                asked.handleSilence(nowNs + SILENT_FOR_NS);
            }
        }
    }

    /// A query and who wants to know.
    ///
    /// @param query as it came
    /// @param payload as it is sent on
    /// @param held null for all but those
    record Asked(Message query, DnsPayload payload, Origin origin, Held held) {
        Asked(Message query, DnsPayload payload, Origin origin) {
            this(query, payload, origin, null);
        }

        private boolean isUdp() {
            return origin instanceof Origin.Udp;
        }

        private Asked withoutOpt() {
            return new Asked(query, DnsMessages.withoutOpt(query), origin, held);
        }
    }

    /// @param last whether it is not asked again in another way
    private record Forwarded(Asked asked, Way way, boolean last) {}

    /// @param throughTunnel or past it
    private record Way(Endpoint server, boolean throughTunnel, boolean overTcp) {}

    private final DnsStub stub;
    private final DnsCache cache = new DnsCache();
    private final Tunnels tunnels;
    private final Queue<ClientEvent> events;
    private final UdpReplies replies = new UdpReplies();
    private final NavigableMap<Long, Forwarded> forwarded = new TreeMap<>();
    private final ArrayDeque<Asked> held = new ArrayDeque<>(); // oldest first
    private long nextTicket;
    private long mismatched;
    private long refused;

    DnsProxy(DnsStub stub, Tunnels tunnels, Queue<ClientEvent> events) {
        this.stub = stub;
        this.tunnels = tunnels;
        this.events = events;
    }

    /// @param throughTunnel whether the server behind the sentinel is reached through a resource
    Outcome handle(IpPacket packet, Endpoint server, boolean throughTunnel, long nowNs) {
        if (!packet.isUdp() || packet.destinationPort() != AddressPlan.DNS_PORT) {
            return DONE;
        }
        var payload = new DnsPayload(DnsMessages.payload(packet));
        return handle(payload, origin(packet), server, throughTunnel, nowNs);
    }

    /// The same over TCP. What is not answered at once goes to [#forwardTcp], as the outcome says.
    Outcome handle(TcpDnsQuery asked, Endpoint server, boolean throughTunnel, long nowNs) {
        var origin = new Origin.Tcp(asked.answer());
        return handle(asked.query(), origin, server, throughTunnel, nowNs);
    }

    private Outcome handle(
            DnsPayload payload, Origin origin, Endpoint server, boolean throughTunnel, long nowNs) {
        var parsed = DnsMessages.query(payload.bytes());
        if (parsed.isEmpty()) {
            return DONE;
        }
        var query = parsed.get();
        var asked = new Asked(query, payload, origin);
        int ednsError = DnsMessages.ednsError(query);
        if (ednsError != Rcode.NOERROR) {
            reply(asked, DnsMessages.reply(query, ednsError));
            return DONE;
        }
        var cached = cache.get(query, nowNs);
        if (cached.isPresent()) {
            reply(asked, cached.get());
            return DONE;
        }
        return switch (stub.handle(query, nowNs)) {
            case DnsStub.Verdict.Answer(var message, var entry) -> {
                reply(asked, message);
                yield new Outcome.Done(entry, DnsMessages.text(query.getQuestion().getName()));
            }
            case DnsStub.Verdict.AskSite(var entry) -> new Outcome.AskSite(entry, asked);
            case DnsStub.Verdict.AskFamily(var entry, var name) -> hold(asked, entry, name, nowNs);
            case DnsStub.Verdict.Forward _ when throughTunnel -> new Outcome.Tunnel(server, asked);
            case DnsStub.Verdict.Forward _ -> {
                forward(asked, new Way(server, false, !asked.isUdp()), false);
                yield DONE;
            }
        };
    }

    /// Asks a server that is reached through a tunnel, over TCP. Also where the other end of the
    /// tunnel does not let UDP pass, or nobody listens there: UDP may be forbidden where TCP is
    /// not, and if both are, TCP tells at once.
    void forwardTcp(Asked asked, Endpoint server) {
        forward(asked, new Way(server, true, true), false);
    }

    /// Multicast name resolution: only what the stub knows is answered, the rest is not ours.
    Outcome handleLlmnr(IpPacket packet, long nowNs) {
        if (!packet.isUdp() || packet.destinationPort() != AddressPlan.LLMNR_PORT) {
            return DONE;
        }
        var payload = new DnsPayload(DnsMessages.payload(packet));
        var query = DnsMessages.query(payload.bytes());
        if (query.isEmpty()) {
            return DONE;
        }
        var asked = new Asked(query.get(), payload, origin(packet));
        return switch (stub.handle(query.get(), nowNs)) {
            case DnsStub.Verdict.Answer(var message, var entry) -> {
                reply(asked, message);
                yield new Outcome.Done(
                        entry, DnsMessages.text(query.get().getQuestion().getName()));
            }
            case DnsStub.Verdict.AskFamily(var entry, var name) -> hold(asked, entry, name, nowNs);
            case DnsStub.Verdict.AskSite _, DnsStub.Verdict.Forward _ -> DONE;
        };
    }

    private Outcome hold(Asked asked, ResourceEntry entry, ProxyName name, long nowNs) {
        var waiting = new Held(entry, name, nowNs + HELD_NS);
        var query = new Asked(asked.query, asked.payload, asked.origin, waiting);
        if (held.size() >= HELD_MAX) {
            refused++;
            fail(query);
            return new Outcome.Done(entry, name.name());
        }
        held.add(query);
        return new Outcome.AskFamily(query);
    }

    /// Asks the gateway of the site, through its tunnel.
    void askFamily(Asked asked, Gateway gateway, DnsRoutes routes, long nowNs) {
        if (gateway.isSilentOnNames(nowNs)) {
            fail(asked);
            return;
        }
        asked.held.handleAsked(gateway, nowNs);
        switch (asked.origin) {
            case Origin.Udp(var client, _) -> {
                var server =
                        new Endpoint(gateway.address(client.isV4()), AddressPlan.GATEWAY_DNS_PORT);
                if (routes.isRefused(server, nowNs)) {
                    forwardTcp(asked, server);
                    return;
                }
                routes.add(server, client.port(), asked, nowNs);
                var packet = replies.udp(client, server, asked.payload.bytes());
                tunnels.send(gateway.id, packet, 0, 1, nowNs);
            }
            case Origin.Tcp _ ->
                    forwardTcp(asked, new Endpoint(gateway.ipv4, AddressPlan.GATEWAY_DNS_PORT));
        }
    }

    /// The queries that wait for a word of the site of a resource.
    List<Asked> heldFor(ResourceEntry entry) {
        return held.stream().filter(a -> !a.held.settled && a.held.entry == entry).toList();
    }

    void handleTimeout(long nowNs) {
        while (!held.isEmpty() && (held.peek().held.settled || nowNs >= held.peek().held.untilNs)) {
            var late = held.remove();
            late.held.handleUnanswered(nowNs);
            fail(late);
        }
    }

    long pollTimeout() {
        return held.isEmpty() ? NEVER : held.peek().held.untilNs;
    }

    private void settle(Asked asked, Optional<Message> answer, long nowNs) {
        var reply = DnsStub.settle(asked.query, asked.held.name, answer, nowNs);
        if (!asked.held.settled) {
            asked.held.settled = true;
            reply(asked, reply);
        }
    }

    private static Origin origin(IpPacket packet) {
        return new Origin.Udp(
                new Endpoint(packet.source(), packet.sourcePort()),
                new Endpoint(packet.destination(), packet.destinationPort()));
    }

    private void reply(Asked asked, Message reply) {
        reply(asked, reply.toWire(), reply.getHeader().getRcode());
    }

    private void reply(Asked asked, byte[] reply, int rcode) {
        switch (asked.origin) {
            case Origin.Udp(var client, var sentinel) -> {
                var payload = DnsMessages.toUdp(asked.query, reply, rcode);
                if (sentinel.port() == AddressPlan.LLMNR_PORT) {
                    DnsMessages.clearRecursionAvailable(payload);
                }
                tunnels.writeTun(replies.udp(sentinel, client, payload), 0, 1);
            }
            case Origin.Tcp(var answer) -> answer.accept(new DnsPayload(reply));
        }
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
                                ticket, way.server, way.throughTunnel, asked.payload)
                        : new ClientEvent.ForwardQuery(ticket, way.server, asked.payload));
    }

    /// A server answered; the bytes go to the client as they are unless they are too long.
    void handleAnswer(long ticket, DnsPayload answer, long nowNs) {
        var waiting = forwarded.remove(ticket);
        if (waiting == null) {
            return;
        }
        var asked = waiting.asked;
        var message = DnsMessages.parse(answer.bytes());
        if (!answer.answers(asked.payload) || message.isEmpty()) {
            mismatched++;
            fail(asked);
        } else if (DnsMessages.isEdnsRefused(asked.query, message.get()) && !waiting.last) {
            forward(asked.withoutOpt(), waiting.way, true);
        } else {
            deliver(asked, answer, message.get(), nowNs);
        }
    }

    private void deliver(Asked asked, DnsPayload answer, Message message, long nowNs) {
        if (asked.held != null) {
            settle(asked, Optional.of(message), nowNs);
            return;
        }
        if (message.getQuestion() == null) {
            fail(asked); // it says that it did not understand
            return;
        }
        cache.put(message, nowNs);
        var bytes = DnsMessages.withOptFor(asked.query, message, answer.bytes());
        reply(asked, bytes, message.getHeader().getRcode());
    }

    /// The same for an answer that came through the tunnel; false if it is none, and the query goes
    /// on waiting.
    boolean handleAnswer(Asked asked, DnsPayload answer, long nowNs) {
        var message = DnsMessages.parse(answer.bytes());
        if (!answer.answers(asked.payload) || message.isEmpty()) {
            mismatched++;
            return false;
        }
        deliver(asked, answer, message.get(), nowNs);
        return true;
    }

    /// Tells that nobody can be asked.
    void fail(Asked asked) {
        if (asked.held != null) {
            settle(asked, Optional.empty(), 0);
            return;
        }
        reply(asked, DnsMessages.reply(asked.query, Rcode.SERVFAIL));
    }

    /// The same for a query that is still a packet.
    void fail(IpPacket packet) {
        var payload = new DnsPayload(DnsMessages.payload(packet));
        DnsMessages.query(payload.bytes())
                .ifPresent(query -> fail(new Asked(query, payload, origin(packet))));
    }

    void fail(TcpDnsQuery asked) {
        var origin = new Origin.Tcp(asked.answer());
        DnsMessages.query(asked.query().bytes())
                .ifPresent(query -> fail(new Asked(query, asked.query(), origin)));
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

    /// Answers so far to questions that were not asked.
    /// Queries so far for which there was no room.
    long refused() {
        return refused;
    }

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
                .filter(asked -> !asked.isUdp())
                .forEach(this::fail);
        forwarded.clear();
    }
}
