package dev.gatehouse.channel.message;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.Ids;

/// What a gateway sends to its portal, portal-channel.md 3.4 and 9.4.
public sealed interface GatewayToPortal
        permits GatewayToPortal.FlowAuthorized,
                GatewayToPortal.AddCandidates,
                GatewayToPortal.RemoveCandidates,
                NoRelays,
                SnownetCapabilities,
                Ignored {
    /// @param ref of the [PortalToGateway.AuthorizeFlow] this answers
    record FlowAuthorized(String ref) implements GatewayToPortal {
        public FlowAuthorized {
            Ids.require(ref, "ref");
        }
    }

    /// Peers are clients here.
    record AddCandidates(Candidates candidates) implements GatewayToPortal {}

    /// Peers are clients here.
    record RemoveCandidates(Candidates candidates) implements GatewayToPortal {}

    /// Decodes a request; an [Ignored] is answered with `unknown_message`.
    static GatewayToPortal decode(String event, JsonNode payload) {
        try {
            return switch (event) {
                case "flow_authorized", "authorization_created" ->
                        Decoding.read(payload, FlowAuthorized.class);
                case "broadcast_ice_candidates" -> new AddCandidates(Decoding.candidates(payload));
                case "broadcast_invalidated_ice_candidates" ->
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
        return switch (this) {
            case FlowAuthorized _ ->
                    version == ApiVersion.V1 ? "flow_authorized" : "authorization_created";
            case AddCandidates _ -> "broadcast_ice_candidates";
            case RemoveCandidates _ -> "broadcast_invalidated_ice_candidates";
            case NoRelays _ -> "no_relays";
            case SnownetCapabilities _ -> "set_snownet_capabilities";
            case Ignored ignored -> ignored.event();
        };
    }

    default JsonNode payload(ApiVersion version) {
        return switch (this) {
            case AddCandidates(var candidates) -> Decoding.manyPeers("client_ids", candidates);
            case RemoveCandidates(var candidates) -> Decoding.manyPeers("client_ids", candidates);
            case NoRelays _ -> Json.object();
            case FlowAuthorized _, SnownetCapabilities _, Ignored _ -> Json.toTree(this);
        };
    }
}
