package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Directory.Actor;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.policy.Representation;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.token.PeerSecrets;

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
