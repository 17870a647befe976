package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.filter.HostAddresses;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import dev.gatehouse.dataplane.gateway.nat.NatShared;

/// What all clients of a [GatewayState] have in common: limits, and who hears of changes. Owned by
/// the shard.
final class Shared {
    /// What a person works with.
    private static final int NAMES_GUARANTEED = 16;

    final GatewayLimits limits;
    final StateChanges changes = new StateChanges();
    final HostAddresses host = new HostAddresses();
    final NatShared nat;
    final SharedLimit names;

    /// Hidden from clients: they choose ports and addresses, but not which of them fall together
    /// in a table.
    final long hashSeed;

    /// @param hashSeed random
    Shared(GatewayLimits limits, long hashSeed) {
        this.limits = limits;
        this.hashSeed = hashSeed;
        nat = new NatShared(limits.nat(), hashSeed);
        names = new SharedLimit(limits.names().max(), NAMES_GUARANTEED);
    }
}
