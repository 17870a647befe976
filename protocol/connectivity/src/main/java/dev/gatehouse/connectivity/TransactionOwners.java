package dev.gatehouse.connectivity;

import dev.gatehouse.stun.TransactionId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Which connection sent an ICE check, for 10 s or the newest 65,536: finds the agent of a response
/// without asking all of them. The oldest make room.
final class TransactionOwners {
    private record Owner(Connection connection, long forgetAtNs) {}

    private static final long REMEMBERED_NS = Duration.ofSeconds(10).toNanos();
    private static final int REMEMBERED_MAX = 65_536;

    private final SequencedMap<TransactionId, Owner> owners = new LinkedHashMap<>();

    void put(TransactionId id, Connection connection, long nowNs) {
        owners.putLast(id, new Owner(connection, nowNs + REMEMBERED_NS));
        while (owners.size() > REMEMBERED_MAX
                || owners.firstEntry().getValue().forgetAtNs() <= nowNs) {
            owners.pollFirstEntry();
        }
    }

    /// The connection, or null.
    Connection find(TransactionId id) {
        var owner = owners.get(id);
        return owner == null ? null : owner.connection();
    }
}
