package dev.gatehouse.portal.state;

/// One line of the audit log: who, what, when, by which policy, through which gateway. Empty texts
/// mean "does not apply"; times are unix seconds, 0 for none.
///
/// @param count how many events alike this line stands for, 1 or more
/// @param since when the first of them was; 0 if it is one
public record AuditEvent(
        long at,
        Kind kind,
        String actor,
        String clientId,
        String client,
        String resourceId,
        String resource,
        String policyId,
        String gatewayId,
        String gateway,
        String authorizationId,
        long expiresAt,
        String detail,
        int count,
        long since) {
    /// What happened.
    public enum Kind {
        CONNECTED,
        DISCONNECTED,
        /// By its token or its parameters; nothing is known of the peer.
        LOGIN_REFUSED,
        ACCESS_GRANTED,
        ACCESS_DENIED,
        /// Requests beyond the limits of one client, not answered.
        REQUESTS_DROPPED,
        /// A peer sent more than it may for so long that its session was closed.
        FLOOD,
        ACCESS_REVOKED,
        ACCESS_RENEWED,
        RESOURCE_DISABLED,
        RESOURCE_ENABLED,
        CLIENT_BLOCKED,
        CLIENT_UNBLOCKED,
        CLIENT_VERIFIED,
        CLIENT_UNVERIFIED,
        /// Its row went: it had not been seen for long.
        DEVICE_EXPIRED,
        DIRECTORY_CHANGED,
        /// Lines that a flood kept out of the trail.
        LINES_LEFT_OUT
    }

    public static AuditEvent simple(long at, Kind kind, String detail) {
        return new AuditEvent(at, kind, "", "", "", "", "", "", "", "", "", 0, detail, 1, 0);
    }

    /// In the place of so many lines.
    public static AuditEvent leftOut(long at, int times) {
        return simple(at, Kind.LINES_LEFT_OUT, "").repeated(times, at);
    }

    /// The same, standing for `times` events from `from` to its own time.
    public AuditEvent repeated(int times, long from) {
        return new AuditEvent(
                at,
                kind,
                actor,
                clientId,
                client,
                resourceId,
                resource,
                policyId,
                gatewayId,
                gateway,
                authorizationId,
                expiresAt,
                detail,
                times,
                from);
    }
}
