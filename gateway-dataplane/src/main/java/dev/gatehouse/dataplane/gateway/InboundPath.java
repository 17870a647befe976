package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IcmpErrors;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.PrefixTable;

/// From the TUN device to a client: tunnel.md 7.4, 6.5 and 6.7.
///
/// Errors that the gateway's own host reports are translated like those of any router, although
/// 7.4 step 3 would send them as they are: the client has never heard of the real address.
final class InboundPath {
    private final IpPacket packet = new IpPacket();
    private final EmbeddedPacket embedded = new EmbeddedPacket();
    private final Flow flow = new Flow();
    private final PrefixTable<ClientPeer> peersByAddress;
    private final Scratch scratch;
    private final DropCounters drops;
    private GatewaySnapshot.Interface tunnel; // null: not known yet

    InboundPath(PrefixTable<ClientPeer> peersByAddress, Scratch scratch, DropCounters drops) {
        this.peersByAddress = peersByAddress;
        this.scratch = scratch;
        this.drops = drops;
    }

    void tunnel(GatewaySnapshot.Interface tunnel) {
        this.tunnel = tunnel;
    }

    void handle(PacketBatch packets, GatewayOutput out, long nowNs) {
        flow.forget();
        for (int i = 0; i < packets.count(); i++) {
            if (packets.length(i) > 0) {
                handle(packets, i, out, nowNs);
            }
        }
    }

    private void handle(PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var verdict = packet.parse(packets.buffer(), packets.offset(i), packets.length(i));
        if (verdict != IpPacket.Verdict.OK) {
            drops.count(Parsing.reason(verdict));
            return;
        }
        if (packet.totalLength() > IpPacket.LENGTH_MAX) {
            drops.count(DropReason.TOO_LARGE);
            return;
        }
        packets.set(i, packets.offset(i), packet.totalLength());
        if (flow.holds(packet)) {
            forward(packets, i, out, nowNs);
            return;
        }
        flow.forget();
        var peer = findPeer();
        if (peer == null) {
            return;
        }
        if (packet.isIcmpError() && isHandledError() && embedded.wrap(packet)) {
            forwardError(peer, packets, i, out);
        } else if (isFromGateway()) {
            out.toPeer(peer.id(), packets, i);
        } else if (packet.isIcmp() && !packet.isEchoRequest() && !packet.isEchoReply()) {
            drops.count(DropReason.INBOUND_ICMP);
        } else if (Translation.outsideId(packet) == Translation.NO_ID) {
            drops.count(DropReason.INBOUND_PROTOCOL);
        } else {
            decide(peer);
            forward(packets, i, out, nowNs);
        }
    }

    private ClientPeer findPeer() {
        boolean v4 = packet.isV4();
        long high = packet.destinationHigh();
        long low = packet.destinationLow();
        if (!TunnelRanges.isTunnel(v4, high, low)) {
            drops.count(DropReason.NOT_FOR_CLIENTS);
            return null;
        }
        var peer = peersByAddress.longestMatch(v4, high, low);
        if (peer == null) {
            drops.count(DropReason.UNKNOWN_CLIENT_ADDRESS);
        }
        return peer;
    }

    private boolean isFromGateway() {
        return tunnel != null && packet.isFrom(packet.isV4() ? tunnel.v4() : tunnel.v6());
    }

    private void decide(ClientPeer peer) {
        flow.remember(packet);
        flow.peer = peer;
        flow.session =
                peer.nat()
                        .findOutside(
                                Translation.kind(packet),
                                Translation.outsideId(packet),
                                packet.sourceHigh(),
                                packet.sourceLow());
        if (flow.session != null && flow.session.isExpired()) {
            return;
        }
        boolean nat = flow.session != null;
        flow.access =
                peer.access(
                        packet.isV4(),
                        nat ? flow.session.proxy.high() : packet.sourceHigh(),
                        nat ? flow.session.proxy.low() : packet.sourceLow(),
                        packet.protocol(),
                        packet.hasPorts() ? packet.sourcePort() : 0);
    }

    private void forward(PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var session = flow.session;
        if (session != null && session.isExpired()) {
            drops.count(DropReason.EXPIRED_NAT_SESSION);
            return;
        }
        boolean allowed =
                session == null
                        ? flow.access == Access.ALLOWED
                        : flow.access == Access.TRANSLATED || flow.access == Access.UNMAPPED;
        if (!allowed) {
            drops.count(DropReason.INBOUND_NOT_ALLOWED);
            return;
        }
        if (session != null) {
            flow.peer.nat().touchInbound(session, Translation.tcpFlags(packet), nowNs);
            Translation.rewriteInbound(packet, session);
        }
        out.toPeer(flow.peer.id(), packets, i);
    }

    private void forwardError(ClientPeer peer, PacketBatch packets, int i, GatewayOutput out) {
        var session =
                peer.nat()
                        .findOutside(
                                embedded.kind(),
                                embedded.id(),
                                embedded.destinationHigh(),
                                embedded.destinationLow());
        if (session == null) {
            out.toPeer(peer.id(), packets, i);
        } else if (session.isExpired()) {
            drops.count(DropReason.EXPIRED_NAT_SESSION);
        } else {
            translateError(peer, session, out);
        }
    }

    /// ICMPv4 unreachable and time exceeded; ICMPv6 unreachable, too big and time exceeded.
    private boolean isHandledError() {
        int type = packet.icmpType();
        return packet.isV4() ? type == 3 || type == 11 : type >= 1 && type <= 3;
    }

    /// The same error as the client would get if the proxy address were real.
    private void translateError(ClientPeer peer, NatSession session, GatewayOutput out) {
        boolean v4 = packet.isV4();
        var buffer = scratch.buffer();
        int at = scratch.offset();
        int body = at + (v4 ? IcmpErrors.V4_BODY_OFFSET : IcmpErrors.V6_BODY_OFFSET);
        buffer.put(body, packet.buffer(), embedded.offset(), embedded.length());
        session.proxy.write(buffer, body + (v4 ? 16 : 24));
        buffer.putShort(body + embedded.idOffset(), (short) session.insideId);
        session.proxy.write(buffer, at + (v4 ? 12 : 8));
        (v4 ? peer.v4() : peer.v6()).write(buffer, at + (v4 ? 16 : 24));
        int typeAndCode = packet.icmpType() << 8 | packet.icmpCode();
        int rest = packet.buffer().getInt(packet.transportOffset() + 4);
        int length =
                v4
                        ? IcmpErrors.finishV4(buffer, at, embedded.length(), typeAndCode, rest)
                        : IcmpErrors.finishV6(buffer, at, embedded.length(), typeAndCode, rest);
        scratch.send(peer, length, out);
    }
}
