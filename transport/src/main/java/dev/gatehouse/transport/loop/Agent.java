package dev.gatehouse.transport.loop;

import java.io.IOException;

/// What a [Shard] runs: sockets and the state machines behind them. Called by one thread only.
///
/// @param <C> the typed commands that other threads may post
public interface Agent<C> {
    long NEVER = Long.MAX_VALUE;

    /// Runs once, on the shard's thread, before anything else.
    default void start(long nowNs) throws IOException {}

    void handleCommand(C command, long nowNs) throws IOException;

    /// Called when [#pollTimeout] has passed.
    void handleTimeout(long nowNs) throws IOException;

    /// One duty cycle over all descriptors, without waiting; limited, so that commands and timers
    /// get their turn.
    ///
    /// @return work done; 0 lets the shard wait in its poller
    int doWork(long nowNs) throws IOException;

    /// The next time at which [#handleTimeout] has work, or [#NEVER].
    long pollTimeout();

    /// Runs once, last, on the shard's thread; also after a failure.
    void stop(long nowNs);
}
