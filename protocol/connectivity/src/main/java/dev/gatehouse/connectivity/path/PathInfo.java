package dev.gatehouse.connectivity.path;

import dev.gatehouse.ice.Candidate;
import dev.gatehouse.wire.Endpoint;

/// The path in use to a peer.
///
/// @param local our socket's address, or our address at a relay
public record PathInfo(
        Candidate.Kind localKind, Candidate.Kind remoteKind, Endpoint local, Endpoint remote) {
    /// For a person: `relay` if packets go over a relay of either end, `host` if both ends have the
    /// addresses of their hosts, else `srflx`.
    public String kind() {
        if (localKind == Candidate.Kind.RELAYED || remoteKind == Candidate.Kind.RELAYED) {
            return "relay";
        }
        boolean direct = localKind == Candidate.Kind.HOST && remoteKind == Candidate.Kind.HOST;
        return direct ? "host" : "srflx";
    }

    /// True if packets go over a relay of ours.
    public boolean isRelayed() {
        return localKind == Candidate.Kind.RELAYED;
    }

    /// True if packets go over a relay of ours or of the peer.
    public boolean involvesRelay() {
        return isRelayed() || remoteKind == Candidate.Kind.RELAYED;
    }
}
