package dev.gatehouse.channel.message;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.ClientResource;
import dev.gatehouse.channel.message.part.Families;
import dev.gatehouse.channel.message.part.IceCredentials;
import dev.gatehouse.channel.message.part.Ids;
import dev.gatehouse.channel.message.part.RelayEntry;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What a portal pushes to a client, portal-channel.md 4.2.
public sealed interface PortalToClient
        permits PortalToClient.Init,
                PortalToClient.ConfigChanged,
                PortalToClient.ResourceChanged,
                PortalToClient.ResourceDeleted,
                PortalToClient.FlowCreated,
                PortalToClient.FlowCreationFailed,
                PortalToClient.AddCandidates,
                PortalToClient.RemoveCandidates,
                RelaysPresence,
                Ignored {
    /// The last two are of newer portals and not read.
    ///
    /// @param authorizations of clients to this client
    record Init(
            @JsonProperty("interface") Interface tunnel,
            @JsonDeserialize(contentUsing = Decoding.LenientResource.class)
                    List<ClientResource> resources,
            List<RelayEntry> relays,
            Optional<JsonNode> flowLogs,
            Optional<JsonNode> authorizations)
            implements PortalToClient {
        public Init {
            Ids.require(tunnel, "interface");
            resources = resources == null ? List.of() : withoutSkipped(resources);
            relays = Ids.orEmpty(relays);
        }

        private static List<ClientResource> withoutSkipped(List<ClientResource> resources) {
            return resources.stream().filter(Objects::nonNull).toList();
        }
    }

    /// The tunnel of a client. No upstream at all means: use the system's resolvers.
    record Interface(
            IpAddress ipv4,
            IpAddress ipv6,
            List<UpstreamDns> upstreamDns,
            Optional<String> searchDomain,
            @JsonProperty("upstream_do53") List<Do53> upstreamDo53,
            List<Doh> upstreamDoh) {
        public Interface {
            Families.requireV4(ipv4);
            Families.requireV6(ipv6);
            upstreamDns = Ids.orEmpty(upstreamDns);
            upstreamDo53 = Ids.orEmpty(upstreamDo53);
            upstreamDoh = Ids.orEmpty(upstreamDoh);
        }
    }

    record UpstreamDns(Protocol protocol, Endpoint address) {
        /// The only protocol there is.
        public enum Protocol {
            @JsonProperty("ip_port")
            IP_PORT
        }

        public UpstreamDns {
            Ids.require(protocol, "protocol");
            Ids.require(address, "address");
        }
    }

    record Do53(IpAddress ip) {}

    record Doh(String url) {}

    record ConfigChanged(@JsonProperty("interface") Interface tunnel) implements PortalToClient {
        public ConfigChanged {
            Ids.require(tunnel, "interface");
        }
    }

    /// Created or updated.
    record ResourceChanged(ClientResource resource) implements PortalToClient {}

    record ResourceDeleted(String resourceId) implements PortalToClient {}

    /// Called `authorization_created` by newer portals.
    record FlowCreated(
            String resourceId,
            String gatewayId,
            @JsonAlias("site_id") String gatewayGroupId,
            String gatewayPublicKey,
            IpAddress gatewayIpv4,
            IpAddress gatewayIpv6,
            Secret presharedKey,
            IceCredentials clientIceCredentials,
            IceCredentials gatewayIceCredentials,
            Optional<JsonNode> useIceless,
            Optional<Secret> flowLogsIngestToken)
            implements PortalToClient {
        public FlowCreated {
            resourceId = Ids.uuid(resourceId);
            gatewayId = Ids.uuid(gatewayId);
            gatewayGroupId = Ids.uuid(gatewayGroupId);
            Ids.key(gatewayPublicKey);
            Families.requireV4(gatewayIpv4);
            Families.requireV6(gatewayIpv6);
            Ids.key(Ids.require(presharedKey, "preshared_key").value());
            Ids.require(clientIceCredentials, "client_ice_credentials");
            Ids.require(gatewayIceCredentials, "gateway_ice_credentials");
        }
    }

    /// @param reason `not_found`, `offline`, `forbidden`, or something newer
    record FlowCreationFailed(
            String resourceId,
            String reason,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> violatedProperties)
            implements PortalToClient {
        public FlowCreationFailed {
            resourceId = Ids.uuid(resourceId);
            Ids.require(reason, "reason");
            violatedProperties = Ids.orEmpty(violatedProperties);
        }
    }

    /// The peer is a gateway here.
    record AddCandidates(Candidates candidates) implements PortalToClient {}

    /// The peer is a gateway here.
    record RemoveCandidates(Candidates candidates) implements PortalToClient {}

    /// Decodes a push; what has no effect becomes an [Ignored].
    static PortalToClient decode(String event, JsonNode payload) {
        try {
            return switch (event) {
                case "init" -> Decoding.read(payload, Init.class);
                case "config_changed" -> Decoding.read(payload, ConfigChanged.class);
                case "resource_created_or_updated" ->
                        new ResourceChanged(Decoding.read(payload, ClientResource.class));
                case "resource_deleted" -> resourceDeleted(payload);
                case "flow_created", "authorization_created" ->
                        Decoding.read(payload, FlowCreated.class);
                case "flow_creation_failed", "authorization_creation_failed" ->
                        Decoding.read(payload, FlowCreationFailed.class);
                case "relays_presence" -> Decoding.read(payload, RelaysPresence.class);
                case "ice_candidates", "gateway_ice_candidates" ->
                        new AddCandidates(Decoding.candidates(payload));
                case "invalidate_ice_candidates", "invalidate_gateway_ice_candidates" ->
                        new RemoveCandidates(Decoding.candidates(payload));
                default -> Decoding.unknown(event);
            };
        } catch (JsonProcessingException failure) {
            return Decoding.undecodable(event, failure);
        }
    }

    private static ResourceDeleted resourceDeleted(JsonNode payload)
            throws JsonProcessingException {
        var id = payload.isObject() ? payload.path("id") : payload;
        try {
            return new ResourceDeleted(Ids.uuid(id.textValue()));
        } catch (IllegalArgumentException failure) {
            throw JsonMappingException.from((JsonParser) null, failure.getMessage());
        }
    }

    /// The name of the event on an endpoint of that generation.
    default String event(ApiVersion version) {
        boolean first = version == ApiVersion.V1;
        return switch (this) {
            case Init _ -> "init";
            case ConfigChanged _ -> "config_changed";
            case ResourceChanged _ -> "resource_created_or_updated";
            case ResourceDeleted _ -> "resource_deleted";
            case FlowCreated _ -> first ? "flow_created" : "authorization_created";
            case FlowCreationFailed _ ->
                    first ? "flow_creation_failed" : "authorization_creation_failed";
            case AddCandidates _ -> "ice_candidates";
            case RemoveCandidates _ -> "invalidate_ice_candidates";
            case RelaysPresence _ -> "relays_presence";
            case Ignored ignored -> ignored.event();
        };
    }

    default JsonNode payload(ApiVersion version) {
        return switch (this) {
            case ResourceChanged(var resource) -> Json.toTree(resource);
            case ResourceDeleted(var id) -> TextNode.valueOf(id);
            case AddCandidates(var candidates) -> Decoding.onePeer("gateway_id", candidates);
            case RemoveCandidates(var candidates) -> Decoding.onePeer("gateway_id", candidates);
            default -> Json.toTree(this); // the records that are their own payload
        };
    }
}
