package dev.gatehouse.client.state;

import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.dns.SentinelQueries;
import dev.gatehouse.client.state.dns.TcpRedirect;
import dev.gatehouse.client.state.flow.FlowTable;
import dev.gatehouse.client.state.flow.Gateway;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.name.ProxyName;
import dev.gatehouse.client.state.route.RoutingTable;
import dev.gatehouse.client.state.route.Target;
import dev.gatehouse.wire.IcmpErrors;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;

/// From the operating system to gateways: client.md 7 and 15.
final class OutboundPath {
    private final Tunnels tunnels;
    private final FlowTable flows;
    private final RoutingTable routing;
    private final SentinelQueries queries;
    private final IpPacket packet = new IpPacket();
    private final PacketBatch scratch = PacketBatch.allocate(2048, 1);
    private InterfaceConfig tunnel; // null until the portal has told

    OutboundPath(Tunnels tunnels, FlowTable flows, RoutingTable routing, SentinelQueries queries) {
        this.tunnels = tunnels;
        this.flows = flows;
        this.routing = routing;
        this.queries = queries;
    }

    void handleInterface(InterfaceConfig config) {
        tunnel = config;
    }

    /// Packets of the operating system. Overwrites them where an address must change.
    void handleTunPackets(PacketBatch batch, long nowNs) {
        Gateway run = null;
        int from = 0;
        for (int i = 0; i < batch.count(); i++) {
            Gateway next = route(batch, i, nowNs);
            if (next != run) {
                flush(run, batch, from, i, nowNs);
                run = next;
                from = i;
            }
        }
        flush(run, batch, from, batch.count(), nowNs);
    }

    private void flush(Gateway gateway, PacketBatch batch, int from, int to, long nowNs) {
        if (gateway != null && to > from) {
            tunnels.send(gateway.id(), batch, from, to - from, nowNs);
        }
    }

    /// The gateway to send packet `i` to at once, or null.
    private Gateway route(PacketBatch batch, int i, long nowNs) {
        if (tunnel == null || !parse(packet, batch, i)) {
            return null;
        }
        if (!packet.isFrom(packet.isV4() ? tunnel.ipv4() : tunnel.ipv6())) {
            return null;
        }
        if (packet.totalLength() > IpPacket.LENGTH_MAX) {
            return refuseTooLarge();
        }
        batch.set(i, packet.offset(), packet.totalLength());
        batch.ecn(i, packet.ecn());
        return switch (routing.find(packet)) {
            case null -> null;
            case Target.Nowhere _ -> null;
            case Target.Sentinel _ when packet.isFragment() -> null; // no query is so long
            case Target.Llmnr _ when packet.isFragment() -> null;
            case Target.Sentinel _ when packet.isTcp() -> turn(batch, i);
            case Target.Sentinel(_, var server) -> queries.handlePacket(packet, server, nowNs);
            case Target.Llmnr _ -> {
                queries.handleLlmnr(packet, nowNs);
                yield null;
            }
            case Target.ToGateway(var gateway) -> gateway;
            case Target.Proxy(_, var entry) when entry == null -> null; // resource is gone
            case Target.Proxy(var name, var entry) -> viaProxy(name, entry, nowNs);
            case Target.Direct(var entry) -> flows.gatewayFor(entry, packet, nowNs);
        };
    }

    /// Pieces of datagrams go their way like whole packets: by address. The gateway judges them.
    ///
    /// @param view shows packet `i` of the batch from now on
    /// @return false if it is none
    static boolean parse(IpPacket view, PacketBatch batch, int i) {
        return switch (view.parse(batch.buffer(), batch.offset(i), batch.length(i))) {
            case OK, FRAGMENT -> true;
            case NOT_IP, BAD_FRAGMENT, BAD_TRANSPORT -> false;
        };
    }

    /// The device takes more than a tunnel does: whoever sent it is told how much that is.
    private Gateway refuseTooLarge() {
        if (packet.mustNotBeCut() && !packet.isIcmpError()) {
            int at = PacketBatch.HEADROOM_LENGTH;
            int length = IcmpErrors.write(IcmpErrors.Kind.TOO_BIG, packet, scratch.buffer(), at);
            scratch.clear();
            scratch.add(at, length, 0);
            tunnels.writeTun(scratch, 0, 1);
        }
        return null;
    }

    private Gateway viaProxy(ProxyName name, ResourceEntry entry, long nowNs) {
        var gateway = flows.gatewayFor(entry, packet, nowNs);
        if (gateway == null) {
            return null;
        }
        flows.tell(gateway, name, nowNs);
        return name.handlePacket(packet) ? null : gateway;
    }

    private Gateway turn(PacketBatch batch, int i) {
        if (TcpRedirect.turn(packet)) {
            tunnels.writeTun(batch, i, 1);
        }
        return null;
    }
}
