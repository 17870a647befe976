package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.util.List;
import java.util.Optional;

/// A relay with what it granted, for a successor of this process.
public record RelaySnapshot(RelayInfo relay, Optional<String> nonce, Optional<Grant> grant) {
    /// An allocation.
    ///
    /// @param server the relay's address that was in use
    /// @param relayed our addresses at the relay
    public record Grant(
            Endpoint server,
            List<Endpoint> relayed,
            long lifetimeLeftNs,
            List<ChannelSnapshot> channels) {}

    /// A confirmed channel binding.
    ///
    /// @param ageNs time since it was bound or refreshed
    public record ChannelSnapshot(int number, Endpoint peer, long ageNs) {}

    /// The same, `elapsedNs` later.
    public RelaySnapshot aged(long elapsedNs) {
        return new RelaySnapshot(
                relay,
                nonce,
                grant.filter(g -> g.lifetimeLeftNs() > elapsedNs).map(g -> aged(g, elapsedNs)));
    }

    private static Grant aged(Grant grant, long elapsedNs) {
        return new Grant(
                grant.server(),
                grant.relayed(),
                grant.lifetimeLeftNs() - elapsedNs,
                grant.channels().stream()
                        .map(c -> new ChannelSnapshot(c.number(), c.peer(), c.ageNs() + elapsedNs))
                        .toList());
    }
}
