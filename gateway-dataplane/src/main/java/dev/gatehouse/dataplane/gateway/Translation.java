package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;

/// Reads and rewrites the parts of a packet that the NAT keys on.
final class Translation {
    static final int NO_ID = -1;

    private Translation() {}

    /// The kind of a session: ICMPv4 and ICMPv6 share one, the address tells them apart.
    static int kind(IpPacket packet) {
        return packet.isIcmp() ? IpProtocol.ICMP : packet.protocol();
    }

    /// The client's port or the echo identifier of a packet from the client, or [#NO_ID].
    static int insideId(IpPacket packet) {
        if (packet.hasPorts()) {
            return packet.sourcePort();
        }
        return packet.isEchoRequest() || packet.isEchoReply() ? packet.echoId() : NO_ID;
    }

    /// The port or echo identifier by which an answer finds its session, or [#NO_ID].
    static int outsideId(IpPacket packet) {
        if (packet.hasPorts()) {
            return packet.destinationPort();
        }
        return packet.isEchoRequest() || packet.isEchoReply() ? packet.echoId() : NO_ID;
    }

    static int tcpFlags(IpPacket packet) {
        return packet.isTcp() ? packet.tcpFlags() : 0;
    }

    /// To the real address, from the outside id.
    static void rewriteOutbound(IpPacket packet, NatSession session) {
        packet.destination(session.real.high(), session.real.low());
        if (packet.hasPorts()) {
            packet.sourcePort(session.outsideId);
        } else {
            packet.echoId(session.outsideId);
        }
    }

    /// From the proxy address, to the inside id.
    static void rewriteInbound(IpPacket packet, NatSession session) {
        packet.source(session.proxy.high(), session.proxy.low());
        if (packet.hasPorts()) {
            packet.destinationPort(session.insideId);
        } else {
            packet.echoId(session.insideId);
        }
    }
}
