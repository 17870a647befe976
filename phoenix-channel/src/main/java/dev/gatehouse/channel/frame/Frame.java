package dev.gatehouse.channel.frame;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Objects;
import java.util.OptionalLong;

/// One text frame, portal-channel.md section 2: Phoenix's version 1 object form.
///
/// `ref` is kept as it was read, so that a reply can echo it with its JSON type; a push has null.
public record Frame(String topic, String event, JsonNode payload, JsonNode ref)
        implements FrameDecoded {
    public static final String PHOENIX_TOPIC = "phoenix";
    public static final String JOIN = "phx_join";
    public static final String REPLY = "phx_reply";
    public static final String ERROR = "phx_error";
    public static final String CLOSE = "phx_close";
    public static final String HEARTBEAT = "heartbeat";
    public static final String DISCONNECT = "disconnect";

    /// Jackson has an exception for this, and does not always throw it.
    private static final String ENDS_EARLY_MESSAGE = "Unexpected end-of-input";

    public Frame {
        Objects.requireNonNull(topic);
        Objects.requireNonNull(event);
        payload = payload == null ? NullNode.getInstance() : payload;
        ref = ref == null ? NullNode.getInstance() : ref;
    }

    /// A message of a peer.
    public static Frame request(String topic, String event, JsonNode payload, long ref) {
        return new Frame(topic, event, payload, LongNode.valueOf(ref));
    }

    /// A message of the portal that answers nothing.
    public static Frame push(String topic, String event, JsonNode payload) {
        return new Frame(topic, event, payload, NullNode.getInstance());
    }

    /// The acknowledgement of a join, a heartbeat or a request: exactly `"response":{}`.
    public Frame replyOk() {
        var reply = Json.object().put("status", "ok");
        reply.set("response", Json.object());
        return new Frame(topic, REPLY, reply, ref);
    }

    public Frame replyError(String reason) {
        var reply = Json.object().put("status", "error");
        reply.set("response", Json.object().put("reason", reason));
        return new Frame(topic, REPLY, reply, ref);
    }

    /// Tells a peer that its channel stopped in an orderly way; it reconnects.
    public static Frame close(String topic) {
        return push(topic, CLOSE, Json.object());
    }

    /// Tells a peer that its token is no longer valid; it stops.
    public static Frame tokenExpired(String topic) {
        return push(topic, DISCONNECT, Json.object().put("reason", "token_expired"));
    }

    public boolean is(String topic, String event) {
        return this.topic.equals(topic) && this.event.equals(event);
    }

    public OptionalLong refNumber() {
        return ref.isIntegralNumber() && ref.canConvertToLong()
                ? OptionalLong.of(ref.longValue())
                : OptionalLong.empty();
    }

    public String encode() {
        var object = Json.object().put("topic", topic).put("event", event);
        object.set("payload", payload);
        object.set("ref", ref);
        return object.toString();
    }

    /// Decodes what came in a text frame; unknown top-level fields are tolerated.
    public static FrameDecoded decode(String text) {
        try {
            var tree = Json.MAPPER.readTree(text);
            if (tree.isMissingNode()) {
                return Rejected.ENDS_EARLY;
            }
            return ofTree(tree);
        } catch (JsonProcessingException failure) {
            return failure.getOriginalMessage().startsWith(ENDS_EARLY_MESSAGE)
                    ? Rejected.ENDS_EARLY
                    : Rejected.MALFORMED;
        }
    }

    private static FrameDecoded ofTree(JsonNode tree) {
        var topic = tree.get("topic");
        var event = tree.get("event");
        if (topic == null || !topic.isTextual() || event == null || !event.isTextual()) {
            return Rejected.MALFORMED;
        }
        return new Frame(
                topic.textValue(), event.textValue(), tree.get("payload"), tree.get("ref"));
    }

    /// Why a text is no frame.
    public enum Rejected implements FrameDecoded {
        /// The JSON text is cut: a peer reconnects.
        ENDS_EARLY,
        /// Anything else: ignored.
        MALFORMED
    }
}
