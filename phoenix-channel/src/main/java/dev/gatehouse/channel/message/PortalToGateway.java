package dev.gatehouse.channel.message;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.Families;
import dev.gatehouse.channel.message.part.GatewayResource;
import dev.gatehouse.channel.message.part.IceCredentials;
import dev.gatehouse.channel.message.part.Ids;
import dev.gatehouse.channel.message.part.RelayEntry;
import dev.gatehouse.channel.message.part.TunnelAddresses;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What a portal pushes to a gateway, portal-channel.md 3.3. Expiries are unix seconds.
public sealed interface PortalToGateway
        permits PortalToGateway.Init,
                PortalToGateway.AuthorizeFlow,
                PortalToGateway.RejectAccess,
                PortalToGateway.ExpiryUpdated,
                PortalToGateway.ResourceUpdated,
                PortalToGateway.AddCandidates,
                PortalToGateway.RemoveCandidates,
                RelaysPresence,
                Ignored {
    /// @param flowLogs of newer portals, not read
    record Init(
            @JsonProperty("interface") TunnelAddresses addresses,
            Config config,
            Optional<String> accountSlug,
            List<RelayEntry> relays,
            List<Authorization> authorizations,
            Optional<JsonNode> flowLogs)
            implements PortalToGateway {
        public Init {
            Ids.require(addresses, "interface");
            Ids.require(config, "config");
            relays = Ids.orEmpty(relays);
            authorizations = Ids.orEmpty(authorizations);
        }
    }

    /// Demanded and ignored.
    record Config(
            @JsonProperty(required = true) boolean ipv4MasqueradeEnabled,
            @JsonProperty(required = true) boolean ipv6MasqueradeEnabled) {}

    record Authorization(
            String clientId,
            String resourceId,
            @JsonProperty(required = true) @JsonInclude(JsonInclude.Include.ALWAYS)
                    OptionalLong expiresAt) {
        public Authorization {
            clientId = Ids.uuid(clientId);
            resourceId = Ids.uuid(resourceId);
        }
    }

    /// Called `create_authorization` by newer portals; the fields behind `expiresAt` are theirs and
    /// not read.
    ///
    /// @param ref opaque, echoed in [GatewayToPortal.FlowAuthorized]
    record AuthorizeFlow(
            String ref,
            GatewayResource resource,
            AuthorizedClient client,
            IceCredentials clientIceCredentials,
            IceCredentials gatewayIceCredentials,
            @JsonProperty(required = true) @JsonInclude(JsonInclude.Include.ALWAYS)
                    OptionalLong expiresAt,
            Optional<JsonNode> subject,
            Optional<JsonNode> useIceless,
            Optional<Secret> flowLogsIngestToken)
            implements PortalToGateway {
        public AuthorizeFlow {
            Ids.require(ref, "ref");
            Ids.require(resource, "resource");
            Ids.require(client, "client");
            Ids.require(clientIceCredentials, "client_ice_credentials");
            Ids.require(gatewayIceCredentials, "gateway_ice_credentials");
        }
    }

    /// The fields behind the addresses are informative: whatever they hold, the client is allowed.
    record AuthorizedClient(
            String id,
            String publicKey,
            Secret presharedKey,
            IpAddress ipv4,
            IpAddress ipv6,
            Optional<JsonNode> version,
            Optional<JsonNode> deviceOsName,
            Optional<JsonNode> deviceOsVersion) {
        public AuthorizedClient {
            id = Ids.uuid(id);
            Ids.key(publicKey);
            Ids.key(Ids.require(presharedKey, "preshared_key").value());
            Families.requireV4(ipv4);
            Families.requireV6(ipv6);
        }
    }

    record RejectAccess(String clientId, String resourceId) implements PortalToGateway {
        public RejectAccess {
            clientId = Ids.uuid(clientId);
            resourceId = Ids.uuid(resourceId);
        }
    }

    record ExpiryUpdated(
            String clientId, String resourceId, @JsonProperty(required = true) long expiresAt)
            implements PortalToGateway {
        public ExpiryUpdated {
            clientId = Ids.uuid(clientId);
            resourceId = Ids.uuid(resourceId);
        }
    }

    /// Only the filters count.
    record ResourceUpdated(GatewayResource resource) implements PortalToGateway {}

    /// Peers are clients here.
    record AddCandidates(Candidates candidates) implements PortalToGateway {}

    /// Peers are clients here.
    record RemoveCandidates(Candidates candidates) implements PortalToGateway {}

    /// Decodes a push; what has no effect becomes an [Ignored].
    static PortalToGateway decode(String event, JsonNode payload) {
        try {
            return switch (event) {
                case "init" -> Decoding.read(payload, Init.class);
                case "authorize_flow", "create_authorization" ->
                        Decoding.read(payload, AuthorizeFlow.class);
                case "reject_access" -> Decoding.read(payload, RejectAccess.class);
                case "access_authorization_expiry_updated" ->
                        Decoding.read(payload, ExpiryUpdated.class);
                case "resource_updated" ->
                        new ResourceUpdated(Decoding.read(payload, GatewayResource.class));
                case "relays_presence" -> Decoding.read(payload, RelaysPresence.class);
                case "ice_candidates" -> new AddCandidates(Decoding.candidates(payload));
                case "invalidate_ice_candidates" ->
                        new RemoveCandidates(Decoding.candidates(payload));
                default -> Decoding.unknown(event);
            };
        } catch (JsonProcessingException failure) {
            return Decoding.undecodable(event, failure);
        }
    }

    /// The name of the event on an endpoint of that generation.
    default String event(ApiVersion version) {
        return switch (this) {
            case Init _ -> "init";
            case AuthorizeFlow _ ->
                    version == ApiVersion.V1 ? "authorize_flow" : "create_authorization";
            case RejectAccess _ -> "reject_access";
            case ExpiryUpdated _ -> "access_authorization_expiry_updated";
            case ResourceUpdated _ -> "resource_updated";
            case AddCandidates _ -> "ice_candidates";
            case RemoveCandidates _ -> "invalidate_ice_candidates";
            case RelaysPresence _ -> "relays_presence";
            case Ignored ignored -> ignored.event();
        };
    }

    default JsonNode payload(ApiVersion version) {
        return switch (this) {
            case ResourceUpdated(var resource) -> Json.toTree(resource);
            case AddCandidates(var candidates) -> Decoding.onePeer("client_id", candidates);
            case RemoveCandidates(var candidates) -> Decoding.onePeer("client_id", candidates);
            default -> Json.toTree(this); // the records that are their own payload
        };
    }
}
