package dev.gatehouse.client.state;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;

/// Answers queries to sentinels: from the cache, by the stub, or with the help of a real server
/// (client.md 9 to 13). At most 1,000 queries wait for servers; others are dropped.
final class DnsProxy {
    private static final int FORWARDED_MAX = 1000;

    /// What becomes of a query that is not answered from here.
    sealed interface Outcome {
        /// Answered, forwarded or dropped. A stub answer for a name of a resource names it.
        record Done(ResourceEntry answeredFor, String name) implements Outcome {}

        /// To be sent to the gateway of this resource.
        record AskSite(ResourceEntry entry) implements Outcome {}

        /// To be sent to the server, through the tunnel.
        record Tunnel(Endpoint server) implements Outcome {}
    }

    private static final Outcome DONE = new Outcome.Done(null, "");

    /// Where an answer goes.
    private sealed interface Origin {
        record Udp(Endpoint client, Endpoint sentinel) implements Origin {}

        record Tcp(Consumer<DnsPayload> answer) implements Origin {}
    }

    private record Asked(Message query, DnsPayload payload, Origin origin) {}

    private final DnsStub stub;
    private final DnsCache cache = new DnsCache();
    private final Tunnels tunnels;
    private final Queue<ClientEvent> events;
    private final UdpReplies replies = new UdpReplies();
    private final NavigableMap<Long, Asked> forwarded = new TreeMap<>();
    private long nextTicket;

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
        var cached = cache.get(query, nowNs);
        if (cached.isPresent()) {
            reply(origin, cached.get());
            return DONE;
        }
        return switch (stub.handle(query)) {
            case DnsStub.Verdict.Answer(var message, var entry) -> {
                reply(origin, message);
                yield new Outcome.Done(entry, DnsMessages.text(query.getQuestion().getName()));
            }
            case DnsStub.Verdict.AskSite(var entry) -> new Outcome.AskSite(entry);
            case DnsStub.Verdict.Forward _ when throughTunnel -> new Outcome.Tunnel(server);
            case DnsStub.Verdict.Forward _ -> {
                forward(new Asked(query, payload, origin), server, false);
                yield DONE;
            }
        };
    }

    /// Asks a server that is reached through a tunnel.
    void forwardTcp(TcpDnsQuery asked, Endpoint server) {
        DnsMessages.query(asked.query().bytes())
                .ifPresent(
                        query ->
                                forward(
                                        new Asked(
                                                query,
                                                asked.query(),
                                                new Origin.Tcp(asked.answer())),
                                        server,
                                        true));
    }

    /// Multicast name resolution: only what the stub knows is answered, the rest is not ours.
    Outcome handleLlmnr(IpPacket packet) {
        if (!packet.isUdp() || packet.destinationPort() != AddressPlan.LLMNR_PORT) {
            return DONE;
        }
        var query = DnsMessages.query(DnsMessages.payload(packet));
        if (query.isPresent()
                && stub.handle(query.get())
                        instanceof DnsStub.Verdict.Answer(var message, var entry)) {
            reply(origin(packet), message);
            return new Outcome.Done(entry, DnsMessages.text(query.get().getQuestion().getName()));
        }
        return DONE;
    }

    private static Origin origin(IpPacket packet) {
        return new Origin.Udp(
                new Endpoint(packet.source(), packet.sourcePort()),
                new Endpoint(packet.destination(), packet.destinationPort()));
    }

    private void reply(Origin origin, Message reply) {
        switch (origin) {
            case Origin.Udp(var client, var sentinel) ->
                    send(sentinel, client, DnsMessages.toUdp(reply));
            case Origin.Tcp(var answer) -> answer.accept(new DnsPayload(reply.toWire()));
        }
    }

    private void send(Endpoint from, Endpoint to, byte[] payload) {
        tunnels.writeTun(replies.udp(from, to, payload), 0, 1);
    }

    private void forward(Asked asked, Endpoint server, boolean throughTunnel) {
        boolean isTcp = asked.origin instanceof Origin.Tcp;
        if (forwarded.size() >= FORWARDED_MAX) {
            if (isTcp) {
                fail(asked);
            }
            return;
        }
        long ticket = nextTicket++;
        forwarded.put(ticket, asked);
        events.add(
                isTcp
                        ? new ClientEvent.ForwardTcpQuery(
                                ticket, server, throughTunnel, asked.payload)
                        : new ClientEvent.ForwardQuery(ticket, server, asked.payload));
    }

    /// A server answered; the bytes go to the client as they are unless they are too long.
    void handleAnswer(long ticket, byte[] answer, long nowNs) {
        var asked = forwarded.remove(ticket);
        if (asked == null) {
            return;
        }
        var message = DnsMessages.parse(answer);
        boolean matches =
                message.isPresent()
                        && message.get().getHeader().getID() == asked.query.getHeader().getID();
        if (!matches) {
            fail(asked);
            return;
        }
        cache.put(message.get(), nowNs);
        switch (asked.origin) {
            case Origin.Tcp(var answered) -> answered.accept(new DnsPayload(answer));
            case Origin.Udp(var client, var sentinel) -> {
                boolean fits = answer.length <= DnsMessages.UDP_REPLY_LENGTH_MAX;
                var bytes = fits ? answer : DnsMessages.truncated(message.get()).toWire();
                send(sentinel, client, bytes);
            }
        }
    }

    private void fail(Asked asked) {
        reply(asked.origin, DnsMessages.reply(asked.query, Rcode.SERVFAIL));
    }

    /// The server could not be asked, or was silent over TCP.
    void handleFailure(long ticket) {
        var asked = forwarded.remove(ticket);
        if (asked != null) {
            fail(asked);
        }
    }

    /// The server was silent over UDP: so are we.
    void handleSilence(long ticket) {
        forwarded.remove(ticket);
    }

    /// An answer that came through the tunnel.
    void learn(IpPacket answer, long nowNs) {
        DnsMessages.parse(answer).ifPresent(message -> cache.put(message, nowNs));
    }

    void clearCache() {
        cache.clear();
    }

    /// Those over TCP are told.
    void forgetForwarded() {
        forwarded.values().stream().filter(a -> a.origin instanceof Origin.Tcp).forEach(this::fail);
        forwarded.clear();
    }
}
