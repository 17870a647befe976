package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import java.util.Optional;
import org.xbill.DNS.Message;

/// A query and who wants to know.
///
/// @param query as it came
/// @param payload as it is sent on
/// @param held null for all but those that wait for a word of a site
record Asked(Message query, DnsPayload payload, Origin origin, HeldQueries.Held held) {
    /// Where an answer goes.
    sealed interface Origin {
        record Udp(Endpoint client, Endpoint sentinel) implements Origin {}

        record Tcp(TcpDnsQuery query) implements Origin {}
    }

    /// Empty if the packet carries no query.
    static Optional<Asked> of(IpPacket packet) {
        var origin =
                new Origin.Udp(
                        new Endpoint(packet.source(), packet.sourcePort()),
                        new Endpoint(packet.destination(), packet.destinationPort()));
        return of(new DnsPayload(DnsMessages.payload(packet)), origin);
    }

    static Optional<Asked> of(TcpDnsQuery query) {
        return of(query.query(), new Origin.Tcp(query));
    }

    private static Optional<Asked> of(DnsPayload payload, Origin origin) {
        return DnsMessages.query(payload.bytes())
                .map(query -> new Asked(query, payload, origin, null));
    }

    boolean isOverTcp() {
        return origin instanceof Origin.Tcp;
    }

    /// The family by which the sentinel was asked.
    boolean isV4() {
        return switch (origin) {
            case Origin.Udp(var client, _) -> client.isV4();
            case Origin.Tcp(var tcp) -> tcp.sentinel().isV4();
        };
    }

    String name() {
        return DnsMessages.text(query.getQuestion().getName());
    }

    Asked withHeld(HeldQueries.Held waiting) {
        return new Asked(query, payload, origin, waiting);
    }

    Asked withoutOpt() {
        return new Asked(query, DnsMessages.withoutOpt(query), origin, held);
    }
}
