package dev.gatehouse.dataplane;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeChanges;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.NatChanges;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.Snapshot;
import java.util.LinkedHashSet;
import java.util.List;

/// What a shard's successor has to know, in the words of the contract. Owned by the shard's thread.
final class ShardState {
    /// What may differ from what was told before, and how it is: what is named and not in `state`
    /// is gone.
    ///
    /// @param state of these relays and clients, with everything that is of neither, but without
    ///     translations
    /// @param translations that differ from what was told
    record Changes(
            List<String> relayIds,
            List<String> clientIds,
            Snapshot state,
            NatChanges translations) {}

    private final KeyPair keys;
    private final int udpPort;
    private final Node node;
    private final GatewayState gateway;

    ShardState(KeyPair keys, int udpPort, Node node, GatewayState gateway) {
        this.keys = keys;
        this.udpPort = udpPort;
        this.node = node;
        this.gateway = gateway;
    }

    /// Runs per batch.
    boolean hasChanges() {
        return node.hasChanges() || gateway.hasChanges() || gateway.hasNatChanges();
    }

    /// What changed since the last call; everything at the first, but for translations, which
    /// follow once they were asked for, so many a call. Takes time by what it returns, not by how
    /// many clients there are.
    Changes takeChanges(long nowNs) {
        var clientIds = new LinkedHashSet<>(gateway.takeChanges());
        var changed = node.takeChanges();
        clientIds.addAll(changed.peerIds());
        var clients = List.copyOf(clientIds);
        return new Changes(
                changed.relayIds(),
                clients,
                encode(changed.relayIds(), clients, nowNs),
                gateway.takeNatChanges());
    }

    private Snapshot encode(List<String> relayIds, List<String> clientIds, long nowNs) {
        var snapshot = Snapshot.newBuilder().setKeyPair(keys).setUdpPort(udpPort);
        NodeCodec.encode(node.snapshot(new NodeChanges(relayIds, clientIds), nowNs), snapshot);
        GatewayCodec.encode(gateway.snapshot(clientIds), snapshot);
        return snapshot.build();
    }
}
