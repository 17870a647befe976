package dev.gatehouse.channel.message;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.ClientResource;
import dev.gatehouse.channel.message.part.Ids;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/// Helpers the message families share.
final class Decoding {
    private Decoding() {}

    static <T> T read(JsonNode payload, Class<T> type) throws JsonProcessingException {
        if (payload.isNull()) {
            throw JsonMappingException.from((JsonParser) null, "payload is null");
        }
        return Json.fromTree(payload, type);
    }

    /// The place of a mistake, never a value: those may be secrets.
    static Ignored undecodable(String event, JsonProcessingException failure) {
        var where =
                failure instanceof JsonMappingException mapping
                        ? mapping.getPath().stream()
                                .map(
                                        part ->
                                                part.getFieldName() == null
                                                        ? "[]"
                                                        : part.getFieldName())
                                .collect(Collectors.joining("."))
                        : "";
        return new Ignored(event, "undecodable at '%s'".formatted(where));
    }

    static Ignored unknown(String event) {
        return new Ignored(event, "unknown event");
    }

    /// The four spellings of candidate payloads: several ids or one, gateways or clients.
    record AnyCandidates(
            @JsonAlias("gateway_ids") List<String> clientIds,
            @JsonAlias("gateway_id") String clientId,
            List<String> candidates) {
        Candidates toCandidates() {
            return clientIds == null
                    ? Candidates.of(Ids.uuid(clientId), candidates)
                    : new Candidates(clientIds, candidates);
        }
    }

    static Candidates candidates(JsonNode payload) throws JsonProcessingException {
        try {
            return read(payload, AnyCandidates.class).toCandidates();
        } catch (IllegalArgumentException failure) {
            throw JsonMappingException.from((JsonParser) null, failure.getMessage());
        }
    }

    static JsonNode manyPeers(String field, Candidates candidates) {
        var payload = Json.object();
        payload.set(field, Json.toTree(candidates.peerIds()));
        payload.set("candidates", Json.toTree(candidates.candidates()));
        return payload;
    }

    static JsonNode onePeer(String field, Candidates candidates) {
        var payload = Json.object().put(field, candidates.peerId());
        payload.set("candidates", Json.toTree(candidates.candidates()));
        return payload;
    }

    /// Reads one resource of a list; one that is malformed or of an unknown type becomes null.
    static final class LenientResource extends JsonDeserializer<ClientResource> {
        /// The type is part of what may be wrong, so it is read in here too.
        @Override
        public Object deserializeWithType(
                JsonParser parser, DeserializationContext context, TypeDeserializer type)
                throws IOException {
            return deserialize(parser, context);
        }

        @Override
        public ClientResource deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            var tree = context.readTree(parser);
            try {
                return Json.fromTree(tree, ClientResource.class);
            } catch (JsonProcessingException _) {
                return null;
            }
        }
    }
}
