package dev.gatehouse.connectivity;

import dev.gatehouse.ice.Candidate;
import dev.gatehouse.wire.Endpoint;

/// The path in use to a peer.
///
/// @param local our socket's address, or our address at a relay
public record PathInfo(
        Candidate.Kind localKind, Candidate.Kind remoteKind, Endpoint local, Endpoint remote) {
    /// True if packets go over a relay of ours.
    public boolean isRelayed() {
        return localKind == Candidate.Kind.RELAYED;
    }
}
