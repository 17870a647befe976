package dev.gatehouse.wireguard;

/// What a tunnel tells its owner.
public enum TunnelEvent {
    /// A new session is usable for sending: our handshake was answered, or the peer's confirmed.
    HANDSHAKE_COMPLETED,
    /// No answer until the give-up time, or no new session for 540 s. The tunnel is dead.
    FAILED
}
