package dev.gatehouse.dataplane.shard;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.transport.tun.TunCounter;
import dev.gatehouse.transport.udp.UdpCounter;
import dev.gatehouse.transport.udp.UdpSocket;
import java.util.EnumMap;
import java.util.Map;

/// A copy of everything the shard counts, taken by itself when metrics are read.
public record ShardMetrics(
        Map<UdpCounter, Long> udp,
        Map<TunCounter, Long> tun,
        Map<DropReason, Long> connectivityDrops,
        Map<dev.gatehouse.dataplane.gateway.drop.DropReason, Long> gatewayDrops,
        int clients,
        int connections,
        int relaysAllocated,
        long names,
        long natSessions,
        long natSessionsTold,
        long natSessionsUntold,
        long unsendable) {
    public static final ShardMetrics NONE =
            new ShardMetrics(Map.of(), Map.of(), Map.of(), Map.of(), 0, 0, 0, 0, 0, 0, 0, 0);

    static ShardMetrics of(ShardIo io, Node node, GatewayState state) {
        var udp = new EnumMap<UdpCounter, Long>(UdpCounter.class);
        for (var counter : UdpCounter.values()) {
            udp.put(counter, io.sockets().stream().mapToLong(s -> count(s, counter)).sum());
        }
        var tun = new EnumMap<TunCounter, Long>(TunCounter.class);
        for (var counter : TunCounter.values()) {
            tun.put(counter, io.tun().counters().get(counter));
        }
        var connectivity = new EnumMap<DropReason, Long>(DropReason.class);
        for (var reason : DropReason.values()) {
            connectivity.put(reason, node.drops().get(reason));
        }
        var gateway =
                new EnumMap<dev.gatehouse.dataplane.gateway.drop.DropReason, Long>(
                        dev.gatehouse.dataplane.gateway.drop.DropReason.class);
        for (var reason : dev.gatehouse.dataplane.gateway.drop.DropReason.values()) {
            gateway.put(reason, state.drops().get(reason));
        }
        return new ShardMetrics(
                udp,
                tun,
                connectivity,
                gateway,
                state.clients(),
                node.peers(),
                node.readyRelayIds().size(),
                state.names(),
                state.natSessions(),
                state.natSessionsTold(),
                state.natSessionsUntold(),
                io.unsendable());
    }

    private static long count(UdpSocket socket, UdpCounter counter) {
        return socket.counters().get(counter);
    }
}
