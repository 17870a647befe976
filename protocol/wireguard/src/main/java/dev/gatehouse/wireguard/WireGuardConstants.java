package dev.gatehouse.wireguard;

import java.time.Duration;

/// Timers and limits, named as in the WireGuard paper, section 6.1; values of tunnel.md 4.5.
final class WireGuardConstants {
    static final long REKEY_AFTER_TIME_NS = Duration.ofSeconds(120).toNanos();
    static final long REJECT_AFTER_TIME_NS = Duration.ofSeconds(180).toNanos();
    static final long REKEY_TIMEOUT_NS = Duration.ofSeconds(5).toNanos();
    static final long KEEPALIVE_TIMEOUT_NS = Duration.ofSeconds(10).toNanos();
    static final long COOKIE_EXPIRATION_TIME_NS = Duration.ofSeconds(120).toNanos();

    /// Delays retransmissions and every scheduled handshake by 0 to this, inclusive.
    static final long JITTER_MAX_NS = Duration.ofMillis(333).toNanos();

    /// The initiator rekeys on receiving when its session is older.
    static final long REKEY_ON_RECEIVE_NS =
            REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS - REKEY_TIMEOUT_NS;

    /// The initiator sends on a session that is younger; the responder until it is rejected.
    static final long INITIATOR_STOPS_SENDING_NS = REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS;

    /// From the first unanswered data packet to a handshake.
    static final long NO_REPLY_NS = KEEPALIVE_TIMEOUT_NS + REKEY_TIMEOUT_NS;

    /// Without a new session for so long the connection has failed.
    static final long CONNECTION_EXPIRY_NS = 3 * REJECT_AFTER_TIME_NS;

    static final int SESSIONS_MAX = 8;

    private WireGuardConstants() {}
}
