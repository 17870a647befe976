package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Access;
import dev.gatehouse.dataplane.gateway.fragment.FragmentTable;
import dev.gatehouse.dataplane.gateway.nat.EmbeddedPacket;
import dev.gatehouse.dataplane.gateway.nat.NatSession;
import dev.gatehouse.dataplane.gateway.nat.Translation;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.PrefixTable;
import dev.gatehouse.wire.TokenBucket;

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
    private final FragmentPath fragments;
    /// Resources are told of the MTU once for each flow, and remember it for minutes.
    private final TokenBucket tooBig = new TokenBucket(10_000, 10_000);

    private GatewaySnapshot.Interface tunnel; // null: not known yet

    InboundPath(
            PrefixTable<ClientPeer> peersByAddress,
            Scratch scratch,
            DropCounters drops,
            FragmentTable fragments) {
        this.peersByAddress = peersByAddress;
        this.scratch = scratch;
        this.drops = drops;
        this.fragments = new FragmentPath(false, fragments, scratch, drops);
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
        if (!Parsing.isUsable(verdict)) {
            drops.count(Parsing.reason(verdict));
            return;
        }
        if (packet.totalLength() > IpPacket.LENGTH_MAX) {
            refuseTooLarge(out, nowNs);
            return;
        }
        packets.set(i, packets.offset(i), packet.totalLength());
        if (packet.isFragment()) {
            flow.forget();
            forwardFragment(packets, i, out, nowNs);
            flow.forget(); // what came in pieces says nothing of what comes whole
            return;
        }
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
            forwardError(peer, packets, i, out, nowNs);
        } else if (isFromGateway()) {
            if (isAnswer(peer, nowNs)) {
                out.toPeer(peer.id(), packets, i);
            }
        } else if (isTranslatable()) {
            decide(peer);
            forward(packets, i, out, nowNs);
        }
    }

    /// What has no port and is no echo is counted.
    private boolean isTranslatable() {
        if (packet.isIcmp() && !packet.isEchoRequest() && !packet.isEchoReply()) {
            drops.count(DropReason.INBOUND_ICMP);
            return false;
        }
        if (Translation.outsideId(packet) == Translation.NO_ID) {
            drops.count(DropReason.INBOUND_PROTOCOL);
            return false;
        }
        return true;
    }

    private void refuseTooLarge(GatewayOutput out, long nowNs) {
        drops.count(DropReason.TOO_LARGE);
        boolean isForClient =
                TunnelRanges.isTunnel(
                        packet.isV4(), packet.destinationHigh(), packet.destinationLow());
        if (!isForClient || !packet.mustNotBeCut() || packet.isIcmpError()) {
            return;
        }
        if (tooBig.take(nowNs)) {
            scratch.sendTooBigToTun(packet, out);
        } else {
            drops.count(DropReason.ICMP_ERRORS_LIMITED);
        }
    }

    /// The first piece of a datagram is decided on like a whole packet, and decides on the others.
    private void forwardFragment(PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var peer = findPeer();
        if (peer == null) {
            return;
        }
        if (packet.isLaterFragment()) {
            fragments.forwardLater(peer, packet, packets, i, out, nowNs);
            return;
        }
        boolean unchecked = isFromGateway();
        if (unchecked ? !isAnswer(peer, nowNs) : !isTranslatable()) {
            fragments.refuse(peer, packet, nowNs);
            return;
        }
        if (!unchecked) {
            decide(peer);
        }
        if (unchecked || isAllowed()) {
            forwardFirst(peer, packets, i, out, nowNs);
        } else {
            fragments.refuse(peer, packet, nowNs);
            forward(packets, i, out, nowNs); // counts why not
        }
    }

    private void forwardFirst(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        boolean unchecked = flow.peer == null;
        var datagram = fragments.admit(peer, packet, unchecked, flow.session, nowNs);
        if (datagram == null) {
            return;
        }
        if (unchecked) {
            out.toPeer(peer.id(), packets, i);
        } else {
            forward(packets, i, out, nowNs);
        }
        fragments.forwardHeld(peer, datagram, out, nowNs);
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
            return null;
        }
        return isForged() ? null : peer;
    }

    /// An address of the tunnel ranges is nobody's outside of the tunnels: such a packet is from a
    /// stranger on a link of the host's.
    private boolean isForged() {
        boolean isOfTunnels =
                TunnelRanges.isReserved(packet.isV4(), packet.sourceHigh(), packet.sourceLow());
        if (!isOfTunnels || isFromGateway()) {
            return false;
        }
        drops.count(DropReason.FORGED_SOURCE);
        return true;
    }

    private boolean isFromGateway() {
        return tunnel != null && packet.isFrom(packet.isV4() ? tunnel.v4() : tunnel.v6());
    }

    /// Counts what is none.
    private boolean isAnswer(ClientPeer peer, long nowNs) {
        boolean isAnswer = peer.isAnswerOfGateway(packet, nowNs);
        if (!isAnswer) {
            drops.count(DropReason.UNASKED);
        }
        return isAnswer;
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
                        nat ? flow.session.proxy().high() : packet.sourceHigh(),
                        nat ? flow.session.proxy().low() : packet.sourceLow(),
                        packet.protocol(),
                        packet.hasPorts() ? packet.sourcePort() : 0);
    }

    private void forward(PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var session = flow.session;
        if (session != null && session.isExpired()) {
            drops.count(DropReason.EXPIRED_NAT_SESSION);
            return;
        }
        if (!isAllowed()) {
            drops.count(DropReason.INBOUND_NOT_ALLOWED);
            return;
        }
        if (session != null) {
            flow.peer.nat().touchInbound(session, Translation.tcpFlags(packet), nowNs);
            Translation.rewriteInbound(packet, session);
        }
        out.toPeer(flow.peer.id(), packets, i);
    }

    private boolean isAllowed() {
        var session = flow.session;
        if (session == null) {
            return flow.access == Access.ALLOWED;
        }
        return !session.isExpired()
                && (flow.access == Access.TRANSLATED || flow.access == Access.UNMAPPED);
    }

    private void forwardError(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var session =
                peer.nat()
                        .findOutside(
                                embedded.kind(),
                                embedded.id(),
                                embedded.destinationHigh(),
                                embedded.destinationLow());
        if (session == null) {
            if (isAboutTraffic(peer, nowNs)) {
                out.toPeer(peer.id(), packets, i);
            } else {
                drops.count(DropReason.INBOUND_ERROR);
            }
        } else if (session.isExpired()) {
            drops.count(DropReason.EXPIRED_NAT_SESSION);
        } else {
            translateError(peer, session, out);
        }
    }

    /// Whether the client may have sent what the error is about: anybody on the host's links can
    /// make one up.
    private boolean isAboutTraffic(ClientPeer peer, long nowNs) {
        boolean v4 = packet.isV4();
        if (!embedded.isFrom(v4 ? peer.v4() : peer.v6())) {
            return false;
        }
        long high = embedded.destinationHigh();
        long low = embedded.destinationLow();
        var own = v4 ? tunnel.v4() : tunnel.v6();
        if (own.high() == high && own.low() == low) {
            return peer.hasAskedGateway(embedded.kind(), embedded.id(), nowNs);
        }
        return peer.access(v4, high, low, embedded.kind(), embedded.destinationPort())
                == Access.ALLOWED;
    }

    /// ICMPv4 unreachable and time exceeded; ICMPv6 unreachable, too big and time exceeded.
    private boolean isHandledError() {
        int type = packet.icmpType();
        return packet.isV4() ? type == 3 || type == 11 : type >= 1 && type <= 3;
    }

    /// The same error as the client would get if the proxy address were real.
    private void translateError(ClientPeer peer, NatSession session, GatewayOutput out) {
        var client = packet.isV4() ? peer.v4() : peer.v6();
        int length =
                Translation.rewriteError(
                        packet, embedded, session, client, scratch.buffer(), scratch.offset());
        scratch.send(peer, length, out);
    }
}
