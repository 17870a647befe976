package dev.gatehouse.client.state;

import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.dns.SentinelQueries;
import dev.gatehouse.client.state.flow.FlowTable;
import dev.gatehouse.client.state.flow.IcmpError;
import dev.gatehouse.client.state.route.RoutingTable;
import dev.gatehouse.client.state.route.Target;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;

/// From gateways to the operating system: client.md 17 to 19. What a gateway may not send goes no
/// further.
final class InboundPath {
    private static final int ECN_CE = 3;

    private final Tunnels tunnels;
    private final FlowTable flows;
    private final RoutingTable routing;
    private final SentinelQueries queries;
    private final Runnable onGoodbye;
    private final IpPacket packet = new IpPacket();

    /// @param onGoodbye called when a gateway has left by a word of its own
    InboundPath(
            Tunnels tunnels,
            FlowTable flows,
            RoutingTable routing,
            SentinelQueries queries,
            Runnable onGoodbye) {
        this.tunnels = tunnels;
        this.flows = flows;
        this.routing = routing;
        this.queries = queries;
        this.onGoodbye = onGoodbye;
    }

    void handlePlaintexts(String gatewayId, PacketBatch batch, int from, int count, long nowNs) {
        for (int i = from; i < from + count; i++) {
            if (batch.length(i) > 0 && !accept(gatewayId, batch, i, nowNs)) {
                batch.set(i, batch.offset(i), -1);
            }
        }
        tunnels.writeTun(batch, from, count);
    }

    private boolean accept(String gatewayId, PacketBatch batch, int i, long nowNs) {
        var gateway = flows.gateway(gatewayId);
        if (gateway == null || !OutboundPath.parse(packet, batch, i)) {
            return false;
        }
        if (P2pControl.isControl(packet)) {
            flows.handleControl(gateway, packet, nowNs);
            if (flows.gateway(gatewayId) == null) {
                onGoodbye.run();
            }
            return false;
        }
        if (!gateway.maySend(packet)) {
            return false;
        }
        batch.set(i, packet.offset(), packet.totalLength());
        if (batch.ecn(i) == ECN_CE && packet.ecn() != 0) {
            packet.ecn(ECN_CE);
        }
        if (packet.isFragment()) {
            return true;
        }
        if (packet.isUdp()) {
            return !queries.handleAnswer(packet, nowNs);
        }
        if (packet.isIcmpError()) {
            handleError(nowNs);
        }
        return true;
    }

    private void handleError(long nowNs) {
        var destination = IcmpError.destination(packet);
        if (destination.isEmpty()) {
            return;
        }
        if (IcmpError.isProhibited(packet)) {
            renewFlow(destination.get(), nowNs);
        }
        queries.handleError(packet, destination.get(), nowNs);
    }

    /// The gateway no longer allows what we sent: asks the portal again (client.md 19).
    private void renewFlow(IpAddress destination, long nowNs) {
        var entry =
                switch (routing.find(destination)) {
                    case Target.Direct(var direct) -> direct;
                    case Target.Proxy(_, var proxied) -> proxied;
                    case null, default -> null;
                };
        if (entry != null) {
            flows.renew(entry, nowNs);
        }
    }
}
