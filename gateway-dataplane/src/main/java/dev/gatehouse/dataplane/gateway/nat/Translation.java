package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.wire.IcmpErrors;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.nio.ByteBuffer;

/// Reads and rewrites the parts of a packet that the NAT keys on.
public final class Translation {
    public static final int NO_ID = -1;

    private Translation() {}

    /// The kind of a session: ICMPv4 and ICMPv6 share one, the address tells them apart.
    public static int kind(IpPacket packet) {
        return packet.isIcmp() ? IpProtocol.ICMP : packet.protocol();
    }

    /// The client's port or the echo identifier of a packet from the client, or [#NO_ID].
    public static int insideId(IpPacket packet) {
        if (packet.hasPorts()) {
            return packet.sourcePort();
        }
        return packet.isEchoRequest() || packet.isEchoReply() ? packet.echoId() : NO_ID;
    }

    /// The port or echo identifier by which an answer finds its session, or [#NO_ID].
    public static int outsideId(IpPacket packet) {
        if (packet.hasPorts()) {
            return packet.destinationPort();
        }
        return packet.isEchoRequest() || packet.isEchoReply() ? packet.echoId() : NO_ID;
    }

    public static int tcpFlags(IpPacket packet) {
        return packet.isTcp() ? packet.tcpFlags() : 0;
    }

    /// To the real address, from the outside id.
    public static void rewriteOutbound(IpPacket packet, NatSession session) {
        packet.destination(session.real.high(), session.real.low());
        if (packet.hasPorts()) {
            packet.sourcePort(session.outsideId);
        } else {
            packet.echoId(session.outsideId);
        }
    }

    /// From the proxy address, to the inside id.
    public static void rewriteInbound(IpPacket packet, NatSession session) {
        packet.source(session.proxy.high(), session.proxy.low());
        if (packet.hasPorts()) {
            packet.destinationPort(session.insideId);
        } else {
            packet.echoId(session.insideId);
        }
    }

    /// A piece without ports, to the real address.
    public static void rewriteLaterOutbound(IpPacket piece, NatSession session) {
        piece.destination(session.real.high(), session.real.low());
    }

    /// A piece without ports, from the proxy address.
    public static void rewriteLaterInbound(IpPacket piece, NatSession session) {
        piece.source(session.proxy.high(), session.proxy.low());
    }

    /// Writes the same error as the client would get if the proxy address were real. Returns its
    /// length.
    ///
    /// @param embedded what the error is about
    public static int rewriteError(
            IpPacket error,
            EmbeddedPacket embedded,
            NatSession session,
            IpAddress client,
            ByteBuffer buffer,
            int at) {
        boolean v4 = error.isV4();
        int body = at + (v4 ? IcmpErrors.V4_BODY_OFFSET : IcmpErrors.V6_BODY_OFFSET);
        buffer.put(body, error.buffer(), embedded.offset(), embedded.length());
        session.proxy.write(buffer, body + (v4 ? 16 : 24));
        buffer.putShort(body + embedded.idOffset(), (short) session.insideId);
        session.proxy.write(buffer, at + (v4 ? 12 : 8));
        client.write(buffer, at + (v4 ? 16 : 24));
        int typeAndCode = error.icmpType() << 8 | error.icmpCode();
        int rest = error.buffer().getInt(error.transportOffset() + 4);
        return v4
                ? IcmpErrors.finishV4(buffer, at, embedded.length(), typeAndCode, rest)
                : IcmpErrors.finishV6(buffer, at, embedded.length(), typeAndCode, rest);
    }
}
