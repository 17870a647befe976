package dev.gatehouse.ice;

/// What an agent can hope for, tunnel.md section 2.12.
public enum IceState {
    /// No pair is nominated, one may still come.
    CHECKING,
    /// A pair is nominated, others are alive.
    CONNECTED,
    /// A pair is nominated and no other is alive. To be treated like [#CONNECTED].
    COMPLETED,
    /// Nothing nominated and nothing left to check.
    DISCONNECTED;

    public boolean isConnected() {
        return this == CONNECTED || this == COMPLETED;
    }
}
