package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.name.AddressPlan;
import org.xbill.DNS.Message;

/// Gives replies to who asked: in a packet for the TUN, or over the connection that the query came
/// by.
final class DnsReplies {
    private final Tunnels tunnels;
    private final UdpReplies packets = new UdpReplies();

    DnsReplies(Tunnels tunnels) {
        this.tunnels = tunnels;
    }

    void reply(Asked asked, Message reply) {
        reply(asked, reply.toWire(), reply.getHeader().getRcode());
    }

    void reply(Asked asked, byte[] reply, int rcode) {
        switch (asked.origin()) {
            case Asked.Origin.Udp(var client, var sentinel) -> {
                var payload = DnsMessages.toUdp(asked.query(), reply, rcode);
                if (sentinel.port() == AddressPlan.LLMNR_PORT) {
                    DnsMessages.clearRecursionAvailable(payload);
                }
                tunnels.writeTun(packets.udp(sentinel, client, payload), 0, 1);
            }
            case Asked.Origin.Tcp(var query) -> query.answer().accept(new DnsPayload(reply));
        }
    }
}
