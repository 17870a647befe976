package dev.gatehouse.channel.message;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.Ids;
import java.util.List;

/// What a client sends to its portal, portal-channel.md 4.3 and 9.4.
public sealed interface ClientToPortal
        permits ClientToPortal.CreateFlow,
                ClientToPortal.AddCandidates,
                ClientToPortal.RemoveCandidates,
                NoRelays,
                SnownetCapabilities,
                Ignored {
    /// Called `request_authorization` by newer portals.
    record CreateFlow(String resourceId, List<String> connectedGatewayIds)
            implements ClientToPortal {
        public CreateFlow {
            resourceId = Ids.uuid(resourceId);
            connectedGatewayIds = Ids.orEmpty(connectedGatewayIds);
        }
    }

    /// Peers are gateways here.
    record AddCandidates(Candidates candidates) implements ClientToPortal {}

    /// Peers are gateways here.
    record RemoveCandidates(Candidates candidates) implements ClientToPortal {}

    /// Decodes a request; an [Ignored] is answered with `unknown_message`.
    static ClientToPortal decode(String event, JsonNode payload) {
        try {
            return switch (event) {
                case "create_flow", "request_authorization" ->
                        Decoding.read(payload, CreateFlow.class);
                case "broadcast_ice_candidates", "new_gateway_ice_candidates" ->
                        new AddCandidates(Decoding.candidates(payload));
                case "broadcast_invalidated_ice_candidates", "invalidate_gateway_ice_candidates" ->
                        new RemoveCandidates(Decoding.candidates(payload));
                case "no_relays" -> new NoRelays();
                case "set_snownet_capabilities" ->
                        Decoding.read(payload, SnownetCapabilities.class);
                default -> Decoding.unknown(event);
            };
        } catch (JsonProcessingException failure) {
            return Decoding.undecodable(event, failure);
        }
    }

    /// The name of the event on an endpoint of that generation.
    default String event(ApiVersion version) {
        boolean first = version == ApiVersion.V1;
        return switch (this) {
            case CreateFlow _ -> first ? "create_flow" : "request_authorization";
            case AddCandidates _ ->
                    first ? "broadcast_ice_candidates" : "new_gateway_ice_candidates";
            case RemoveCandidates _ ->
                    first
                            ? "broadcast_invalidated_ice_candidates"
                            : "invalidate_gateway_ice_candidates";
            case NoRelays _ -> "no_relays";
            case SnownetCapabilities _ -> "set_snownet_capabilities";
            case Ignored ignored -> ignored.event();
        };
    }

    /// The payload on an endpoint of that generation; newer candidate messages name one gateway.
    default JsonNode payload(ApiVersion version) {
        return switch (this) {
            case AddCandidates(var candidates) -> candidates(candidates, version);
            case RemoveCandidates(var candidates) -> candidates(candidates, version);
            case NoRelays _ -> Json.object();
            case CreateFlow _, SnownetCapabilities _, Ignored _ -> Json.toTree(this);
        };
    }

    private static JsonNode candidates(Candidates candidates, ApiVersion version) {
        return version == ApiVersion.V1
                ? Decoding.manyPeers("gateway_ids", candidates)
                : Decoding.onePeer("gateway_id", candidates);
    }
}
