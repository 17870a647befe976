package dev.gatehouse.connectivity.peer;

import dev.gatehouse.connectivity.path.Path;

/// The phases of a connection.
///
/// ```
/// Connecting --nominated--> Connected <--traffic, candidates-- Idle
/// Connected --nominated again--> Connected    Connected --20 s without packets--> Idle
/// any --see FailureReason--> Failed
/// ```
public sealed interface State {
    /// ICE is still checking pairs.
    record Connecting() implements State {
        @Override
        public Path path() {
            return Path.None.NONE;
        }
    }

    /// Pairs are checked often.
    record Connected(Path path) implements State {}

    /// Pairs are checked every 25 s.
    record Idle(Path path) implements State {}

    /// Over; the node forgets the connection.
    record Failed(FailureReason reason) implements State {
        @Override
        public Path path() {
            return Path.None.NONE;
        }
    }

    /// The nominated path, in use even after its pair was lost until another one is nominated.
    Path path();

    default boolean hasPath() {
        return path() != Path.None.NONE;
    }

    /// Whether packets depend on a relay, or a path is looked for.
    default boolean needsRelay() {
        return !hasPath() || path().info().involvesRelay();
    }
}
