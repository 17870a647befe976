package dev.gatehouse.portal.state;

import dev.gatehouse.portal.token.PeerSecrets;

/// A gateway or client as it is remembered over its connections.
///
/// `ownerId` is the site of a gateway, the actor of a client. `hardware` holds the hardware ids a
/// client announced, as one text to compare. Times are unix seconds.
public record Device(
        String id,
        Role role,
        String ownerId,
        String externalId,
        String name,
        String publicKey,
        String pskBaseHex,
        int tunnelOffset,
        String hardware,
        boolean verified,
        String version,
        long createdAt,
        long seenAt) {
    public String key() {
        return key(role, ownerId, externalId);
    }

    public static String key(Role role, String ownerId, String externalId) {
        return role + "|" + ownerId + "|" + externalId;
    }

    public PeerSecrets.Party party() {
        return new PeerSecrets.Party(id, publicKey, pskBaseHex);
    }

    public String ipv4() {
        return TunnelPool.ipv4(tunnelOffset).toString();
    }

    public String ipv6() {
        return TunnelPool.ipv6(tunnelOffset).toString();
    }

    public Device withVerified(boolean value) {
        return copy(value, seenAt);
    }

    public Device withSeenAt(long at) {
        return copy(verified, at);
    }

    private Device copy(boolean newVerified, long newSeenAt) {
        return new Device(
                id,
                role,
                ownerId,
                externalId,
                name,
                publicKey,
                pskBaseHex,
                tunnelOffset,
                hardware,
                newVerified,
                version,
                createdAt,
                newSeenAt);
    }

    @Override
    public String toString() {
        return "Device[" + role + " " + id + "]";
    }
}
