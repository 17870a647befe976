package dev.gatehouse.portal.hub.authorization;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.token.PeerSecrets;
import java.time.Instant;
import java.util.List;

/// Builds what both sides of a flow are told: the keys, ICE credentials and addresses of the other.
/// Each payload holds what peers of either age need; older ones ignore the rest.
final class FlowPayloads {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private FlowPayloads() {}

    static ObjectNode authorize(FlowTerms terms, String ref, String ingestToken) {
        var client = terms.client();
        var device = client.device();
        var payload = JSON.objectNode().put("ref", ref);
        payload.set("resource", Payloads.gatewayResource(terms.resourceForGateway()));
        payload.put("expires_at", terms.authorization().expiresAt());
        var hardware = device.hardware().split("\n", -1);
        var identity = client.identity();
        String system = identity.system(); // a name may hold blanks: `Alpine Linux/3.20.3`
        int slash = system.lastIndexOf('/');
        payload.putObject("client")
                .put("id", device.id())
                .put("public_key", device.publicKey())
                .put("preshared_key", terms.presharedKey())
                .put("ipv4", device.ipv4())
                .put("ipv6", device.ipv6())
                .put("version", identity.component() + "/" + identity.versionText())
                .put("device_serial", orNull(hardware[0]))
                .put("device_uuid", orNull(hardware[1]))
                .put("identifier_for_vendor", orNull(hardware[2]))
                .put("firebase_installation_id", orNull(hardware[3]))
                .put("device_os_name", slash < 0 ? null : system.substring(0, slash))
                .put("device_os_version", slash < 0 ? null : system.substring(slash + 1));
        payload.putObject("subject")
                .putNull("auth_provider_id")
                .put("actor_id", terms.actor().id())
                .put("actor_name", terms.actor().name())
                .put("actor_email", terms.actor().email().orElse(null));
        putIce(payload, terms);
        return payload.put("use_iceless", false).put("flow_logs_ingest_token", ingestToken);
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    static ObjectNode created(FlowTerms terms, String ingestToken) {
        var gateway = terms.gateway().device();
        var payload =
                JSON.objectNode()
                        .put("resource_id", terms.authorization().resourceId())
                        .put("gateway_id", gateway.id())
                        .put("gateway_group_id", terms.authorization().siteId())
                        .put("gateway_public_key", gateway.publicKey())
                        .put("gateway_ipv4", gateway.ipv4())
                        .put("gateway_ipv6", gateway.ipv6())
                        .put("preshared_key", terms.presharedKey());
        putIce(payload, terms);
        return payload.put("use_iceless", false).put("flow_logs_ingest_token", ingestToken);
    }

    private static void putIce(ObjectNode payload, FlowTerms terms) {
        var client = terms.client().device().party();
        var gateway = terms.gateway().device().party();
        payload.set("client_ice_credentials", ice(PeerSecrets.clientIce(client, gateway)));
        payload.set("gateway_ice_credentials", ice(PeerSecrets.gatewayIce(client, gateway)));
    }

    private static ObjectNode ice(PeerSecrets.IceCredentials credentials) {
        return JSON.objectNode()
                .put("username", credentials.username())
                .put("password", credentials.password());
    }

    static ObjectNode ingestClaims(FlowTerms terms, String role, String accountId) {
        var authorization = terms.authorization();
        return JSON.objectNode()
                .put("account_id", accountId)
                .put("role", role)
                .put("initiator_device_id", authorization.clientId())
                .put("responder_device_id", authorization.gatewayId())
                .put("policy_authorization_id", authorization.id())
                .put("policy_id", authorization.policyId())
                .put("resource_id", authorization.resourceId())
                .put("resource_name", terms.resource().name())
                .put("initiator_actor_id", terms.actor().id())
                .put("initiator_actor_name", terms.actor().name())
                .put("authorized_at", Instant.ofEpochSecond(authorization.createdAt()).toString())
                .put(
                        "authorization_expires_at",
                        Instant.ofEpochSecond(authorization.expiresAt()).toString())
                .put("iat", authorization.createdAt())
                .put("exp", authorization.expiresAt())
                .put("uploads_enabled", false);
    }

    static ObjectNode failed(String resourceId, String reason, List<String> violated) {
        var payload = JSON.objectNode().put("resource_id", resourceId).put("reason", reason);
        if (!violated.isEmpty()) {
            var list = payload.putArray("violated_properties");
            violated.forEach(list::add);
        }
        return payload;
    }

    static ObjectNode pair(Authorization authorization) {
        return JSON.objectNode()
                .put("client_id", authorization.clientId())
                .put("resource_id", authorization.resourceId());
    }
}
