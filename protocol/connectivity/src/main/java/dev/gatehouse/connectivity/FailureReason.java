package dev.gatehouse.connectivity;

/// Why a connection ended by itself, tunnel.md section 9.3.
public enum FailureReason {
    /// The peer named no candidate, nor sent from one, for 10 s.
    NO_CANDIDATES,
    /// No pair was left to check for 2 s.
    ICE_DISCONNECTED,
    /// The peer answered no handshake, or no session was made for 540 s.
    HANDSHAKE_TIMEOUT
}
