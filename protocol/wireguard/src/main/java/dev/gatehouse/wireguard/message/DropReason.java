package dev.gatehouse.wireguard.message;

/// Why a datagram was dropped; each has a counter, see `WireGuardTunnel.dropped`.
public enum DropReason implements Outcome {
    /// Not a message of the expected type.
    MALFORMED,
    /// The receiver index names no session or handshake of ours.
    UNKNOWN_SESSION,
    /// The session is older than 180 s.
    EXPIRED_SESSION,
    /// An initiation of somebody else.
    WRONG_PEER,
    /// An initiation that is not newer than the last one: a replay.
    STALE_TIMESTAMP,
    /// An initiation of the peer, but it sends more of them than any peer has reason to.
    TOO_OFTEN,
    /// The counter was seen before or is too old to tell.
    REPLAYED,
    BAD_TAG,
    /// Decrypted, but not an IP packet of that length.
    NOT_IP,
    /// The tunnel has failed or is closed, or the peer's key is unusable.
    CLOSED
}
