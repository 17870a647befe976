package dev.gatehouse.connectivity.path;

/// Why a datagram or packet went no further. Strangers can cause each of the inbound ones.
public enum DropReason {
    /// Inbound: longer than any peer may send (1,316 bytes).
    OVERSIZED,
    /// Inbound: neither STUN, nor channel data, nor WireGuard.
    UNKNOWN_PROTOCOL,
    /// Inbound: STUN from a server that is or was a relay, but answers nothing of ours.
    RELAY_MESSAGE_UNEXPECTED,
    /// Inbound: channel data on a channel that is not confirmed, or from no relay of ours.
    CHANNEL_UNKNOWN,
    /// Inbound: an ICE message that no agent accepts.
    ICE_NOT_ACCEPTED,
    /// Inbound: WireGuard for a receiver index that nobody has.
    SESSION_UNKNOWN,
    /// Inbound: the same, of a connection that ended in the last 5 seconds.
    SESSION_CLOSED,
    /// Inbound: a handshake initiation of a key that no connection has.
    PEER_KEY_UNKNOWN,
    /// Inbound: a handshake message refused before any expensive work: mac1, or a cookie is
    /// to be shown first.
    HANDSHAKE_REFUSED,
    /// Inbound: a handshake message beyond what its source, its peer, or all may send.
    HANDSHAKE_EXCESS,
    /// Inbound: a handshake message that does not verify.
    HANDSHAKE_INVALID,
    /// Inbound: a data packet that does not verify, or was seen before.
    DECRYPTION_FAILED,
    /// Outbound: no connection, or no nominated path to the peer.
    NO_PATH,
    /// Outbound, of a gateway: no session with the client, and no handshake under way.
    NO_SESSION,
    /// Outbound: the relay has no channel to the peer yet.
    NO_CHANNEL,
    /// Outbound: parked for a session, then pushed out by later packets or by the end of the
    /// connection.
    PARKED_OVERFLOW,
    /// Outbound: too long to be sealed into a datagram.
    PACKET_TOO_LONG,
    /// Outbound: more control messages than the queue holds.
    CONTROL_QUEUE_FULL,
    /// A candidate of a peer that has no connection.
    CANDIDATE_WITHOUT_CONNECTION,
    /// A candidate that does not parse or belongs to another agent.
    CANDIDATE_INVALID,
    /// A candidate, or a new address of a peer, beyond what a message or a peer may name.
    CANDIDATE_EXCESS,
    /// Inbound: an ICE message of a peer that sends more of them than any peer has reason to.
    ICE_EXCESS,
    /// A channel at a relay that was not asked for: the peer names ever more addresses.
    CHANNEL_EXCESS,
    /// A relay told ever more addresses of ours, or took its allocation away ever again.
    RELAY_EXCESS
}
