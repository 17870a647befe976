package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Access;
import dev.gatehouse.dataplane.gateway.fragment.FragmentTable;
import dev.gatehouse.dataplane.gateway.nat.NatSession;
import dev.gatehouse.dataplane.gateway.nat.Translation;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.wire.IcmpErrors;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;

/// From a client to its resources: tunnel.md 4.7 steps 1 and 3, 7.3 and 6.5.
final class OutboundPath {
    private final IpPacket packet = new IpPacket();
    private final Flow flow = new Flow();
    private final Scratch scratch;
    private final DropCounters drops;
    private final ControlPath control;
    private final FragmentPath fragments;
    private DropReason refusal = DropReason.NAT_FULL; // why the last session was not made
    private GatewaySnapshot.Interface tunnel; // null: not known yet

    OutboundPath(
            Scratch scratch, DropCounters drops, ControlPath control, FragmentTable fragments) {
        this.scratch = scratch;
        this.drops = drops;
        this.control = control;
        this.fragments = new FragmentPath(true, fragments, scratch, drops);
    }

    void tunnel(GatewaySnapshot.Interface tunnel) {
        this.tunnel = tunnel;
    }

    void handle(ClientPeer peer, PacketBatch packets, GatewayOutput out, long nowNs) {
        flow.forget();
        for (int i = 0; i < packets.count(); i++) {
            if (packets.length(i) > 0 && parse(peer, packets, i, out, nowNs)) {
                if (packet.isFragment()) {
                    forwardFragment(peer, packets, i, out, nowNs);
                } else if (P2pControl.isControl(packet)) {
                    flow.forget();
                    if (!control.handle(peer, packet, out, nowNs)) {
                        return; // the client is gone
                    }
                } else {
                    forward(peer, packets, i, out, nowNs);
                }
            }
        }
    }

    private boolean parse(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var verdict = packet.parse(packets.buffer(), packets.offset(i), packets.length(i));
        if (!Parsing.isUsable(verdict)) {
            drops.count(Parsing.reason(verdict));
            return false;
        }
        if (packet.totalLength() > IpPacket.LENGTH_MAX) {
            drops.count(DropReason.TOO_LARGE);
            if (packet.mustNotBeCut() && !packet.isIcmpError() && peer.isSourceOf(packet)) {
                sendIcmpError(peer, IcmpErrors.Kind.TOO_BIG, out, nowNs);
            }
            return false;
        }
        packets.set(i, packets.offset(i), packet.totalLength()); // cuts padding
        return true;
    }

    private void forward(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        if (!flow.holds(packet)) {
            if (isSilentlyDropped()) {
                return;
            }
            decide(peer, nowNs);
        }
        act(peer, packets, i, out, nowNs);
    }

    private void act(ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        switch (flow.access) {
            case ALLOWED -> out.toTun(packets, i);
            case TRANSLATED, UNMAPPED -> translate(peer, packets, i, out, nowNs);
            case SOURCE_NOT_ALLOWED -> prohibit(peer, DropReason.SOURCE_NOT_ALLOWED, out, nowNs);
            case NO_RESOURCE -> prohibit(peer, DropReason.NO_RESOURCE, out, nowNs);
            case FILTERED -> prohibit(peer, DropReason.FILTERED, out, nowNs);
            case GATEWAY_CLOSED -> prohibit(peer, DropReason.GATEWAY_CLOSED, out, nowNs);
            case GATEWAY_BUSY -> drops.count(DropReason.GATEWAY_BUSY);
            case TUNNEL_RANGE -> prohibit(peer, DropReason.TUNNEL_RANGE, out, nowNs);
            case NOT_PUBLIC -> reportUnreachable(peer, DropReason.NOT_PUBLIC, out, nowNs);
        }
    }

    /// The first piece of a datagram is decided on like a whole packet, and decides on the others.
    private void forwardFragment(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        flow.forget();
        boolean isOwn = peer.isSourceOf(packet);
        if (packet.isLaterFragment()) {
            if (!isOwn) {
                drops.count(DropReason.SOURCE_NOT_ALLOWED);
            } else {
                fragments.forwardLater(peer, packet, packets, i, out, nowNs);
            }
            return;
        }
        if (isSilentlyDropped()) {
            return;
        }
        decide(peer, nowNs);
        boolean passes = flow.access == Access.ALLOWED || flow.session != null;
        if (passes) {
            forwardFirst(peer, packets, i, out, nowNs);
        } else {
            if (isOwn) {
                fragments.refuse(peer, packet, nowNs);
            }
            act(peer, packets, i, out, nowNs);
        }
        flow.forget(); // what came in pieces says nothing of what comes whole
    }

    private void forwardFirst(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        var datagram = fragments.admit(peer, packet, isToGateway(), flow.session, nowNs);
        if (datagram == null) {
            return;
        }
        act(peer, packets, i, out, nowNs);
        fragments.forwardHeld(peer, datagram, out, nowNs);
    }

    private boolean isSilentlyDropped() {
        if (packet.isIcmpError()) {
            drops.count(DropReason.CLIENT_ICMP_ERROR);
            return true;
        }
        boolean v4 = packet.isV4();
        boolean multicast =
                v4
                        ? packet.destinationLow() >>> 28 == 0xE
                        : packet.destinationHigh() >>> 56 == 0xFF;
        if (multicast) {
            drops.count(DropReason.MULTICAST);
        }
        return multicast;
    }

    private void decide(ClientPeer peer, long nowNs) {
        flow.remember(packet);
        flow.session = null;
        if (!peer.isSourceOf(packet)) {
            flow.access = Access.SOURCE_NOT_ALLOWED;
            return;
        }
        if (isToGateway()) {
            flow.forget(); // each packet is decided on
            flow.access = peer.askGateway(packet, nowNs);
            return;
        }
        int port = packet.hasPorts() ? packet.destinationPort() : 0;
        flow.access =
                peer.access(
                        packet.isV4(),
                        packet.destinationHigh(),
                        packet.destinationLow(),
                        packet.protocol(),
                        port);
        if (flow.access == Access.TRANSLATED || flow.access == Access.UNMAPPED) {
            flow.session = session(peer, nowNs);
        }
    }

    private boolean isToGateway() {
        return tunnel != null && packet.isTo(packet.isV4() ? tunnel.v4() : tunnel.v6());
    }

    /// An existing session keeps its real address, whatever the name stands for meanwhile.
    private NatSession session(ClientPeer peer, long nowNs) {
        int id = Translation.insideId(packet);
        if (id == Translation.NO_ID) {
            return null;
        }
        int kind = Translation.kind(packet);
        long high = packet.destinationHigh();
        long low = packet.destinationLow();
        var known = peer.nat().findInside(kind, id, high, low);
        if (known != null || flow.access == Access.UNMAPPED) {
            return known;
        }
        if (!peer.takeNewFlow(nowNs)) {
            refusal = DropReason.NAT_TOO_OFTEN;
            return null;
        }
        var real = peer.proxies().find(packet.isV4(), high, low).real();
        var session = peer.nat().create(kind, id, packet.destination(), real, nowNs);
        if (session == null) {
            refusal = peer.nat().isFull() ? DropReason.NAT_FULL : DropReason.NAT_PORTS_TAKEN;
        }
        return session;
    }

    private void translate(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        if (flow.session != null) {
            peer.nat().touchOutbound(flow.session, Translation.tcpFlags(packet), nowNs);
            Translation.rewriteOutbound(packet, flow.session);
            out.toTun(packets, i);
        } else if (flow.access == Access.UNMAPPED) {
            reportUnreachable(peer, DropReason.NAME_WITHOUT_ADDRESS, out, nowNs);
        } else if (Translation.insideId(packet) == Translation.NO_ID) {
            drops.count(DropReason.NAT_PROTOCOL);
        } else {
            drops.count(refusal);
        }
    }

    private void prohibit(ClientPeer peer, DropReason reason, GatewayOutput out, long nowNs) {
        drops.count(reason);
        sendIcmpError(peer, IcmpErrors.Kind.PROHIBITED, out, nowNs);
    }

    private void reportUnreachable(
            ClientPeer peer, DropReason reason, GatewayOutput out, long nowNs) {
        drops.count(reason);
        sendIcmpError(peer, IcmpErrors.Kind.NETWORK_UNREACHABLE, out, nowNs);
    }

    /// Of the packet at hand.
    private void sendIcmpError(
            ClientPeer peer, IcmpErrors.Kind kind, GatewayOutput out, long nowNs) {
        if (peer.takeIcmpError(nowNs)) {
            scratch.sendIcmpError(peer, kind, packet, out);
        } else {
            drops.count(DropReason.ICMP_ERRORS_LIMITED);
        }
    }
}
