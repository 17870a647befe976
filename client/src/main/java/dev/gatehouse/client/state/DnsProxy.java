package dev.gatehouse.client.state;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
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

    private record Forwarded(Endpoint client, Endpoint sentinel, Message query) {}

    private final DnsStub stub;
    private final DnsCache cache = new DnsCache();
    private final Tunnels tunnels;
    private final Queue<ClientEvent> events;
    private final UdpReplies replies = new UdpReplies();
    private final NavigableMap<Long, Forwarded> forwarded = new TreeMap<>();
    private long nextTicket;

    DnsProxy(DnsStub stub, Tunnels tunnels, Queue<ClientEvent> events) {
        this.stub = stub;
        this.tunnels = tunnels;
        this.events = events;
    }

    /// @param throughTunnel whether the server behind the sentinel is reached through a resource
    Outcome handle(IpPacket packet, Endpoint server, boolean throughTunnel, long nowNs) {
        boolean toDns = packet.hasPorts() && packet.destinationPort() == AddressPlan.DNS_PORT;
        if (toDns && packet.isTcp()) {
            refuse(packet);
            return DONE;
        }
        var query = toDns ? DnsMessages.query(packet) : Optional.<Message>empty();
        if (query.isEmpty()) {
            return DONE;
        }
        var cached = cache.get(query.get(), nowNs);
        if (cached.isPresent()) {
            reply(packet, cached.get());
            return DONE;
        }
        return switch (stub.handle(query.get())) {
            case DnsStub.Verdict.Answer(var message, var entry) -> {
                reply(packet, message);
                yield new Outcome.Done(
                        entry, DnsMessages.text(query.get().getQuestion().getName()));
            }
            case DnsStub.Verdict.AskSite(var entry) -> new Outcome.AskSite(entry);
            case DnsStub.Verdict.Forward _ when throughTunnel -> new Outcome.Tunnel(server);
            case DnsStub.Verdict.Forward _ -> forward(packet, query.get(), server);
        };
    }

    /// TCP on sentinels is not served; a reset makes that known at once.
    private void refuse(IpPacket packet) {
        if ((packet.tcpFlags() & IpPacket.TCP_SYN) != 0) {
            tunnels.writeTun(replies.reset(packet), 0, 1);
        }
    }

    /// Multicast name resolution: only what the stub knows is answered, the rest is not ours.
    Outcome handleLlmnr(IpPacket packet) {
        if (!packet.isUdp() || packet.destinationPort() != AddressPlan.LLMNR_PORT) {
            return DONE;
        }
        var query = DnsMessages.query(packet);
        if (query.isPresent()
                && stub.handle(query.get())
                        instanceof DnsStub.Verdict.Answer(var message, var entry)) {
            reply(packet, message);
            return new Outcome.Done(entry, DnsMessages.text(query.get().getQuestion().getName()));
        }
        return DONE;
    }

    private void reply(IpPacket query, Message reply) {
        var from = new Endpoint(query.destination(), query.destinationPort());
        var to = new Endpoint(query.source(), query.sourcePort());
        send(from, to, DnsMessages.toUdp(reply));
    }

    private void send(Endpoint from, Endpoint to, byte[] payload) {
        tunnels.writeTun(replies.udp(from, to, payload), 0, 1);
    }

    private Outcome forward(IpPacket packet, Message query, Endpoint server) {
        if (forwarded.size() < FORWARDED_MAX) {
            var client = new Endpoint(packet.source(), packet.sourcePort());
            var sentinel = new Endpoint(packet.destination(), packet.destinationPort());
            long ticket = nextTicket++;
            forwarded.put(ticket, new Forwarded(client, sentinel, query));
            var payload = new DnsPayload(payload(packet));
            events.add(new ClientEvent.ForwardQuery(ticket, server, payload));
        }
        return DONE;
    }

    private static byte[] payload(IpPacket packet) {
        int from = packet.payloadOffset();
        var bytes = new byte[packet.offset() + packet.totalLength() - from];
        packet.buffer().get(from, bytes);
        return bytes;
    }

    /// A server answered; the bytes go to the client as they are unless they are too long.
    void handleAnswer(long ticket, byte[] answer, long nowNs) {
        var origin = forwarded.remove(ticket);
        if (origin == null) {
            return;
        }
        var message = DnsMessages.parse(answer);
        boolean matches =
                message.isPresent()
                        && message.get().getHeader().getID() == origin.query.getHeader().getID();
        if (!matches) {
            send(origin.sentinel, origin.client, failure(origin).toWire());
            return;
        }
        cache.put(message.get(), nowNs);
        boolean fits = answer.length <= DnsMessages.UDP_REPLY_LENGTH_MAX;
        var bytes = fits ? answer : DnsMessages.truncated(message.get()).toWire();
        send(origin.sentinel, origin.client, bytes);
    }

    private static Message failure(Forwarded origin) {
        return DnsMessages.reply(origin.query, Rcode.SERVFAIL);
    }

    /// The server could not be asked.
    void handleFailure(long ticket) {
        var origin = forwarded.remove(ticket);
        if (origin != null) {
            send(origin.sentinel, origin.client, failure(origin).toWire());
        }
    }

    /// The server was silent: so are we.
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

    void forgetForwarded() {
        forwarded.clear();
    }
}
