package dev.gatehouse.relay.server.statistics;

/// What a relay counts besides its replies.
public enum RelayCounter {
    /// Payload, both directions.
    RELAYED_BYTES,
    RELAYED_PACKETS,
    /// Packets from one client of this relay to another, which never leave it.
    HAIRPINNED_PACKETS,
    DROPPED_PORT_ZERO,
    /// The first byte is neither that of STUN nor of channel data.
    DROPPED_UNKNOWN_PROTOCOL,
    DROPPED_MALFORMED_STUN,
    /// Indications and responses.
    DROPPED_NOT_A_REQUEST,
    /// No reply is possible: it could not be signed (relay.md 7.4).
    DROPPED_MALFORMED_USERNAME,
    DROPPED_RATE_LIMITED,
    /// With credentials, from a source that sends more requests than its users have reason to.
    DROPPED_REQUESTS_EXCESS,
    /// Longer than any request.
    DROPPED_OVERSIZED_MESSAGE,
    DROPPED_MALFORMED_CHANNEL_DATA,
    DROPPED_NO_CHANNEL,
    DROPPED_UNKNOWN_PEER,
    /// To an address that `PeerFilter` denies.
    DROPPED_DENIED_PEER,
    /// To a port without allocation.
    DROPPED_NO_ALLOCATION,
    /// Would not fit into a UDP datagram with the channel header.
    DROPPED_TOO_LONG,
    NONCES_EVICTED,
    /// Allocations that made room for another of the same user.
    ALLOCATIONS_REPLACED,
    /// Answered with 508, for the source has as many as one may have, or gets more too fast.
    ALLOCATIONS_REFUSED,
    /// Answered with 508: of all channels, three quarters are taken, and the user has many.
    CHANNELS_REFUSED,
    /// Requests that were sent again and got the answer of the first.
    RETRANSMISSIONS,
    /// Allocations given up because their port could not be opened.
    PORTS_FAILED
}
