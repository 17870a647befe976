package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.policy.Directory.Actor;
import dev.gatehouse.portal.policy.PeerSecrets;
import dev.gatehouse.portal.policy.Representation;
import dev.gatehouse.portal.policy.Resource;

/// Who may use what through which gateway: all that both sides are told.
record FlowTerms(
        Authorization authorization,
        Session.Client client,
        Session.Gateway gateway,
        Resource resource,
        Actor actor) {
    Resource resourceForGateway() {
        return Representation.forVersion(resource, gateway.identity().version()).orElse(resource);
    }

    String presharedKey() {
        return PeerSecrets.presharedKey(client.device().party(), gateway.device().party());
    }
}
