package dev.gatehouse.stun;

/// What [StunMessage#decode] makes of a datagram: a message, or the reason why it is none.
public sealed interface Decoded permits StunMessage, Decoded.Rejected {
    /// Why a datagram is not a STUN message. A stranger can cause any of these.
    enum Rejected implements Decoded {
        TOO_SHORT,
        /// One of the two top bits is set.
        NOT_STUN,
        WRONG_COOKIE,
        /// The length field is no multiple of 4, or is not the datagram's length - 20.
        WRONG_LENGTH,
        TRUNCATED_ATTRIBUTE
    }
}
