package dev.gatehouse.dataplane.handover;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeChanges;
import dev.gatehouse.dataplane.gateway.GatewayChanges;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.nat.NatChanges;
import dev.gatehouse.dataplane.snapshot.GatewayCodec;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.Snapshot;
import java.util.LinkedHashSet;
import java.util.List;

/// What a shard's successor has to know, in the words of the contract. Owned by the shard's thread.
public final class ShardState {
    /// What may differ from what was told before, and how it is: what is named and not in `state`
    /// is gone.
    ///
    /// @param peerIds of whose connections something may differ
    /// @param parts of which something else may differ
    /// @param state of these relays, connections and parts, with everything that is of none, but
    ///     without translations
    /// @param translations that differ from what was told
    public record Changes(
            List<String> relayIds,
            List<String> peerIds,
            GatewayChanges parts,
            Snapshot state,
            NatChanges translations) {}

    private final KeyPair keys;
    private final int udpPort;
    private final Node node;
    private final GatewayState gateway;

    public ShardState(KeyPair keys, int udpPort, Node node, GatewayState gateway) {
        this.keys = keys;
        this.udpPort = udpPort;
        this.node = node;
        this.gateway = gateway;
    }

    /// Runs per batch.
    public boolean hasChanges() {
        return node.hasChanges() || gateway.hasChanges() || gateway.hasNatChanges();
    }

    /// What changed since the last call; everything at the first, but for translations, which
    /// follow once they were asked for, so many a call. Takes time by what it returns, not by how
    /// many clients there are, nor by how much there is of one.
    public Changes takeChanges(long nowNs) {
        var parts = gateway.takeChanges();
        var changed = node.takeChanges();
        var peerIds = new LinkedHashSet<>(changed.peerIds());
        peerIds.addAll(parts.clients());
        var authorized = new LinkedHashSet<String>();
        parts.authorized().forEach(key -> authorized.add(key.clientId()));
        peerIds.addAll(authorized);
        authorized.forEach(gateway::tellNatAgain);
        var ids = List.copyOf(peerIds);
        return new Changes(
                changed.relayIds(),
                ids,
                parts,
                encode(new NodeChanges(changed.relayIds(), ids), parts, nowNs),
                gateway.takeNatChanges());
    }

    private Snapshot encode(NodeChanges changed, GatewayChanges parts, long nowNs) {
        var snapshot = Snapshot.newBuilder().setKeyPair(keys).setUdpPort(udpPort);
        NodeCodec.encode(node.snapshot(changed, nowNs), snapshot);
        GatewayCodec.encode(gateway.snapshot(parts), snapshot);
        return snapshot.build();
    }
}
