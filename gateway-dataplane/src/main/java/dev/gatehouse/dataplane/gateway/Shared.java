package dev.gatehouse.dataplane.gateway;

/// What all clients of a [GatewayState] have in common: limits, and who hears of changes. Owned by
/// the shard.
final class Shared {
    /// A page with all it loads.
    private static final int NAT_SESSIONS_GUARANTEED = 128;

    /// What a person works with.
    private static final int NAMES_GUARANTEED = 16;

    final GatewayLimits limits;
    final StateChanges changes = new StateChanges();
    final HostAddresses host = new HostAddresses();
    final NatJournal translations;
    final SharedLimit natSessions;
    final SharedLimit natExpired;
    final SharedLimit names;

    /// Hidden from clients: they choose ports and addresses, but not which of them fall together
    /// in a table.
    final long hashSeed;

    /// @param hashSeed random
    Shared(GatewayLimits limits, long hashSeed) {
        this.limits = limits;
        this.hashSeed = hashSeed;
        translations = new NatJournal(limits.nat());
        natSessions = new SharedLimit(limits.nat().sessionsMax(), NAT_SESSIONS_GUARANTEED);
        natExpired = new SharedLimit(limits.nat().expiredMax(), 0);
        names = new SharedLimit(limits.names().max(), NAMES_GUARANTEED);
    }
}
