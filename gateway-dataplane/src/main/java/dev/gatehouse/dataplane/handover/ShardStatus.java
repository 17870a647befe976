package dev.gatehouse.dataplane.handover;

import dev.gatehouse.rpc.Status;
import java.util.Collection;

/// What is told of a shard, or of all together: published by it, read by anybody.
public record ShardStatus(
        boolean resumed,
        boolean tunUp,
        int relaysKnown,
        int relaysAllocated,
        int connections,
        boolean draining) {
    public static final ShardStatus STARTING = new ShardStatus(false, false, 0, 0, 0, false);

    /// All shards as one: has what each has, and the relays and connections of all.
    ///
    /// @param shards at least one
    public static ShardStatus combined(Collection<ShardStatus> shards) {
        return shards.stream().reduce(ShardStatus::and).orElseThrow();
    }

    private ShardStatus and(ShardStatus other) {
        return new ShardStatus(
                resumed && other.resumed,
                tunUp && other.tunUp,
                relaysKnown + other.relaysKnown,
                relaysAllocated + other.relaysAllocated,
                connections + other.connections,
                draining || other.draining);
    }

    /// @param hostFault why the host passes no packets on; empty if it does
    Status toMessage(String hostFault) {
        return Status.newBuilder()
                .setTunUp(tunUp)
                .setSocketsOpen(resumed)
                .setRelaysKnown(relaysKnown)
                .setRelaysAllocated(relaysAllocated)
                .setConnections(connections)
                .setDraining(draining)
                .setHostFault(hostFault)
                .build();
    }
}
