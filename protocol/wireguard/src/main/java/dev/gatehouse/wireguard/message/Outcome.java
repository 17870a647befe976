package dev.gatehouse.wireguard.message;

/// What became of a handshake datagram. A hostile peer can cause any of these.
public sealed interface Outcome permits Outcome.Accepted, DropReason {
    /// The datagram did what it is for.
    enum Accepted implements Outcome {
        INITIATION,
        RESPONSE,
        COOKIE_REPLY
    }
}
