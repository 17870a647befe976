package dev.gatehouse.connectivity;

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

    /// The connection has ended and is forgotten. Nothing was sent to the peer.
    record Failed(String peerId, FailureReason reason) implements NodeEvent {}

    /// This relay granted an allocation.
    record RelayReady(String relayId) implements NodeEvent {}

    /// The last relay is gone: ask the portal for others.
    record NoRelays() implements NodeEvent {}
}
