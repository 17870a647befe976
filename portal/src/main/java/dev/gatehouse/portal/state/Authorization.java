package dev.gatehouse.portal.state;

/// That a client may use a resource through a gateway, by which policy and until when (unix
/// seconds). There is one for each (client, gateway, resource): the newest.
///
/// `resourceIdentity` is what the gateway was told the resource to be, see
/// [dev.gatehouse.portal.directory.Resource#identity].
public record Authorization(
        String id,
        String clientId,
        String gatewayId,
        String resourceId,
        String resourceIdentity,
        String policyId,
        String tokenId,
        String actorId,
        String siteId,
        long createdAt,
        long expiresAt) {
    public Authorization withPolicy(String newPolicyId, long newExpiresAt) {
        return new Authorization(
                id,
                clientId,
                gatewayId,
                resourceId,
                resourceIdentity,
                newPolicyId,
                tokenId,
                actorId,
                siteId,
                createdAt,
                newExpiresAt);
    }
}
