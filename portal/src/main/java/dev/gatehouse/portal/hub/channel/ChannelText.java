package dev.gatehouse.portal.hub.channel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.limit.Limit;

/// What a text of a peer turned out to be (portal-channel.md section 2).
public sealed interface ChannelText {
    /// With topic, event, payload and ref; Phoenix drops a socket whose frames lack one of them.
    record Frame(JsonNode tree) implements ChannelText {}

    record TooLong() implements ChannelText {}

    record Malformed() implements ChannelText {}

    /// Reads within limits: what is nested deep or has many parts is as long to read as it is.
    static ChannelText parse(String text) {
        if (text.length() > Limit.MESSAGE_LENGTH_MAX) {
            return new TooLong();
        }
        try {
            var frame = Reader.JSON.readTree(text);
            boolean complete =
                    frame.path("topic").isTextual()
                            && frame.path("event").isTextual()
                            && frame.has("payload")
                            && frame.has("ref");
            return complete ? new Frame(Reader.withShortRef((ObjectNode) frame)) : new Malformed();
        } catch (JsonProcessingException _) {
            return new Malformed();
        }
    }

    /// The mapper, apart from [ObjectMapper]'s defaults: peers nest four deep.
    final class Reader {
        private static final int NESTING_MAX = 32;
        private static final int TOKENS_MAX = 10_000;
        private static final int NUMBER_LENGTH_MAX = 64;
        private static final int REF_LENGTH_MAX = 64;
        private static final ObjectMapper JSON = mapper();

        private Reader() {}

        private static ObjectMapper mapper() {
            var constraints =
                    StreamReadConstraints.builder()
                            .maxNestingDepth(NESTING_MAX)
                            .maxTokenCount(TOKENS_MAX)
                            .maxNumberLength(NUMBER_LENGTH_MAX)
                            .build();
            return new ObjectMapper(
                    JsonFactory.builder().streamReadConstraints(constraints).build());
        }

        /// Refs are numbers, or short texts; what else may be there is not echoed.
        private static JsonNode withShortRef(ObjectNode frame) {
            var ref = frame.get("ref");
            boolean isShort =
                    ref.isValueNode()
                            && (!ref.isTextual() || ref.textValue().length() <= REF_LENGTH_MAX);
            if (!isShort) {
                frame.set("ref", NullNode.getInstance());
            }
            return frame;
        }
    }
}
