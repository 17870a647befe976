package dev.gatehouse.portal.hub;

/// One line of the audit log: who, what, when, by which policy, through which gateway. Empty texts
/// mean "does not apply"; times are unix seconds, 0 for none.
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
        String detail) {
    /// What happened.
    public enum Kind {
        CONNECTED,
        DISCONNECTED,
        ACCESS_GRANTED,
        ACCESS_DENIED,
        ACCESS_REVOKED,
        ACCESS_RENEWED,
        RESOURCE_DISABLED,
        RESOURCE_ENABLED,
        CLIENT_BLOCKED,
        CLIENT_UNBLOCKED,
        CLIENT_VERIFIED,
        CLIENT_UNVERIFIED,
        DIRECTORY_CHANGED
    }

    static AuditEvent simple(long at, Kind kind, String detail) {
        return new AuditEvent(at, kind, "", "", "", "", "", "", "", "", "", 0, detail);
    }
}
