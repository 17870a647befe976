package dev.gatehouse.connectivity.peer;

import dev.gatehouse.ice.Candidate;
import dev.gatehouse.turn.AllocationEvent;
import java.util.Optional;

/// What a peer may be told of our addresses: hosts and reflexive ones of all relays, relayed ones
/// only of the relay that its connection selected (tunnel.md 3.8).
public final class LocalCandidates {
    private LocalCandidates() {}

    /// The candidate that a relay's news makes, if any.
    ///
    /// @param isSelected whether the connection selected this relay
    public static Optional<Candidate> of(AllocationEvent event, boolean isSelected) {
        return switch (event) {
            case AllocationEvent.HostFound(var address) -> Optional.of(Candidate.host(address));
            case AllocationEvent.ReflexiveFound(var address, var base) ->
                    // One that equals its base says nothing: it is left out, as peers do.
                    Optional.of(Candidate.serverReflexive(address, base))
                            .filter(c -> !address.equals(base));
            case AllocationEvent.RelayedFound(var address, var server) ->
                    Optional.of(Candidate.relayed(address, server)).filter(_ -> isSelected);
            case AllocationEvent.RelayedGone _,
                    AllocationEvent.HostGone _,
                    AllocationEvent.Allocated _ ->
                    Optional.empty();
        };
    }
}
