package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.connectivity.peer.FailureReason;
import dev.gatehouse.wire.Endpoint;

/// What a [Node] tells its owner.
public sealed interface NodeEvent {
    /// A candidate to signal to the peer. Told again when a connection is reused.
    record LocalCandidate(String peerId, String sdp) implements NodeEvent {}

    /// A signalled candidate that no longer works.
    record LocalCandidateGone(String peerId, String sdp) implements NodeEvent {}

    /// The first usable session on a nominated path: packets flow.
    record Connected(String peerId) implements NodeEvent {}

    /// The path was nominated or has changed.
    record PathChanged(String peerId, PathInfo path) implements NodeEvent {}

    /// Long datagrams to `remote`, a peer or a relay, are lost on the way over IPv6 and short ones
    /// are not: a link there has a small MTU, and routers cannot say so. Told each time.
    record LongDatagramsLost(Endpoint remote) implements NodeEvent {}

    /// The connection has ended and is forgotten. Nothing was sent to the peer.
    record Failed(String peerId, FailureReason reason) implements NodeEvent {}

    /// This relay granted an allocation.
    record RelayReady(String relayId) implements NodeEvent {}

    /// The last relay is gone: ask the portal for others.
    record NoRelays() implements NodeEvent {}
}
