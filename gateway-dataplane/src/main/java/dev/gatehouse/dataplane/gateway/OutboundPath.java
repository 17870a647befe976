package dev.gatehouse.dataplane.gateway;

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
    private GatewaySnapshot.Interface tunnel; // null: not known yet

    OutboundPath(Scratch scratch, DropCounters drops, ControlPath control) {
        this.scratch = scratch;
        this.drops = drops;
        this.control = control;
    }

    void tunnel(GatewaySnapshot.Interface tunnel) {
        this.tunnel = tunnel;
    }

    void handle(ClientPeer peer, PacketBatch packets, GatewayOutput out, long nowNs) {
        flow.forget();
        for (int i = 0; i < packets.count(); i++) {
            if (packets.length(i) > 0 && parse(packets, i)) {
                if (P2pControl.isControl(packet)) {
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

    private boolean parse(PacketBatch packets, int i) {
        var verdict = packet.parse(packets.buffer(), packets.offset(i), packets.length(i));
        if (verdict != IpPacket.Verdict.OK) {
            drops.count(Parsing.reason(verdict));
            return false;
        }
        if (packet.totalLength() > IpPacket.LENGTH_MAX) {
            drops.count(DropReason.TOO_LARGE);
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
        switch (flow.access) {
            case ALLOWED -> out.toTun(packets, i);
            case TRANSLATED, UNMAPPED -> translate(peer, packets, i, out, nowNs);
            case SOURCE_NOT_ALLOWED -> prohibit(peer, DropReason.SOURCE_NOT_ALLOWED, out);
            case NO_RESOURCE -> prohibit(peer, DropReason.NO_RESOURCE, out);
            case FILTERED -> prohibit(peer, DropReason.FILTERED, out);
            case TUNNEL_RANGE -> prohibit(peer, DropReason.TUNNEL_RANGE, out);
            case NOT_PUBLIC -> reportUnreachable(peer, DropReason.NOT_PUBLIC, out);
        }
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
            flow.access = Access.ALLOWED;
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
        var real = peer.proxies().find(packet.isV4(), high, low).real();
        return peer.nat().create(kind, id, packet.destination(), real, nowNs);
    }

    private void translate(
            ClientPeer peer, PacketBatch packets, int i, GatewayOutput out, long nowNs) {
        if (flow.session != null) {
            peer.nat().touchOutbound(flow.session, Translation.tcpFlags(packet), nowNs);
            Translation.rewriteOutbound(packet, flow.session);
            out.toTun(packets, i);
        } else if (flow.access == Access.UNMAPPED) {
            reportUnreachable(peer, DropReason.NAME_WITHOUT_ADDRESS, out);
        } else if (Translation.insideId(packet) == Translation.NO_ID) {
            drops.count(DropReason.NAT_PROTOCOL);
        } else {
            drops.count(DropReason.NAT_FULL);
        }
    }

    private void prohibit(ClientPeer peer, DropReason reason, GatewayOutput out) {
        drops.count(reason);
        scratch.sendIcmpError(peer, IcmpErrors.Kind.PROHIBITED, packet, out);
    }

    private void reportUnreachable(ClientPeer peer, DropReason reason, GatewayOutput out) {
        drops.count(reason);
        scratch.sendIcmpError(peer, IcmpErrors.Kind.NETWORK_UNREACHABLE, packet, out);
    }
}
