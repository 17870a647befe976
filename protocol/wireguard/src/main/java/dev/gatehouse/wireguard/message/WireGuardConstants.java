package dev.gatehouse.wireguard.message;

import java.time.Duration;

/// Timers and limits, named as in the WireGuard paper, section 6.1; values of tunnel.md 4.5.
public final class WireGuardConstants {
    public static final long REKEY_AFTER_TIME_NS = Duration.ofSeconds(120).toNanos();
    public static final long REJECT_AFTER_TIME_NS = Duration.ofSeconds(180).toNanos();
    public static final long REKEY_TIMEOUT_NS = Duration.ofSeconds(5).toNanos();
    public static final long KEEPALIVE_TIMEOUT_NS = Duration.ofSeconds(10).toNanos();
    public static final long COOKIE_EXPIRATION_TIME_NS = Duration.ofSeconds(120).toNanos();

    /// Delays retransmissions and every scheduled handshake by 0 to this, inclusive.
    public static final long JITTER_MAX_NS = Duration.ofMillis(333).toNanos();

    /// The initiator rekeys on receiving when its session is older.
    public static final long REKEY_ON_RECEIVE_NS =
            REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS - REKEY_TIMEOUT_NS;

    /// The initiator sends on a session that is younger; the responder until it is rejected.
    public static final long INITIATOR_STOPS_SENDING_NS =
            REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS;

    /// From the first unanswered data packet to a handshake.
    public static final long NO_REPLY_NS = KEEPALIVE_TIMEOUT_NS + REKEY_TIMEOUT_NS;

    /// Without a new session for so long the connection has failed.
    public static final long CONNECTION_EXPIRY_NS = 3 * REJECT_AFTER_TIME_NS;

    public static final int SESSIONS_MAX = 8;

    private WireGuardConstants() {}
}
