package dev.gatehouse.connectivity;

import java.util.List;

/// What of a node's snapshot may differ from that of an earlier moment: what is named and not in
/// the snapshot is gone.
public record NodeChanges(List<String> relayIds, List<String> peerIds) {
    public NodeChanges {
        relayIds = List.copyOf(relayIds);
        peerIds = List.copyOf(peerIds);
    }
}
