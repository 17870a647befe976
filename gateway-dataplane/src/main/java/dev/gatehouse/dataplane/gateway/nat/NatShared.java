package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;

/// What the translations of all clients have in common: limits, and who hears of changes. Owned by
/// the shard.
public final class NatShared {
    /// A page with all it loads.
    private static final int SESSIONS_GUARANTEED = 128;

    final GatewayLimits.Nat limits;
    public final NatJournal journal;
    final SharedLimit live;
    final SharedLimit expired;

    /// Hidden from clients: they choose ports and addresses, but not which of them fall together
    /// in a table.
    final long hashSeed;

    /// @param hashSeed random
    public NatShared(GatewayLimits.Nat limits, long hashSeed) {
        this.limits = limits;
        this.hashSeed = hashSeed;
        journal = new NatJournal(limits);
        live = new SharedLimit(limits.sessionsMax(), SESSIONS_GUARANTEED);
        expired = new SharedLimit(limits.expiredMax(), 0);
    }

    public NatJournal journal() {
        return journal;
    }
}
