package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.wire.IpPacket;

/// TCP to sentinels without a TCP of our own: what goes to a sentinel's port 53 is turned round, as
/// if the sentinel had connected to a server of this process on the interface's address, and what
/// the server says to the sentinel is turned round again. Nothing is remembered: addresses and
/// ports say all.
public final class TcpRedirect {
    private TcpRedirect() {}

    /// Returns false, with the packet as it was, if it is neither to DNS nor from the server.
    ///
    /// @param packet TCP from the interface's address to a sentinel; to be given back to the host
    public static boolean turn(IpPacket packet) {
        boolean isRequest = packet.destinationPort() == AddressPlan.DNS_PORT;
        if (!isRequest && packet.sourcePort() != AddressPlan.TCP_DNS_PORT) {
            return false;
        }
        var own = packet.source();
        var sentinel = packet.destination();
        packet.source(sentinel.high(), sentinel.low());
        packet.destination(own.high(), own.low());
        if (isRequest) {
            packet.destinationPort(AddressPlan.TCP_DNS_PORT);
        } else {
            packet.sourcePort(AddressPlan.DNS_PORT);
        }
        return true;
    }
}
