package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;

/// What an agent tells its owner.
public sealed interface IceEvent {
    /// The path to send on has changed; in force at once.
    ///
    /// @param local base of the local candidate: a socket's address or our relayed address
    record Nominated(
            Endpoint local, Endpoint remote, Candidate.Kind localKind, Candidate.Kind remoteKind)
            implements IceEvent {}

    /// The state differs from the one told before.
    record StateChanged(IceState state) implements IceEvent {}
}
