package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.turn.RelaySnapshot;
import java.util.List;

/// What a successor of this process needs to go on; the node's own keys are not in here.
///
/// @param takenAtUnixNs Unix time in nanoseconds
public record NodeSnapshot(
        long takenAtUnixNs, List<RelaySnapshot> relays, List<PeerSnapshot> peers) {
    public NodeSnapshot {
        relays = List.copyOf(relays);
        peers = List.copyOf(peers);
    }
}
