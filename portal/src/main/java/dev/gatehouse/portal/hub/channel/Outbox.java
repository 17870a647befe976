package dev.gatehouse.portal.hub.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.HubAction.Urgency;
import java.util.ArrayDeque;
import java.util.Queue;

/// The actions waiting for the shell, in order; frames are built here.
///
/// Bounded by use: the shell drains it after every call into the hub.
public final class Outbox {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Queue<HubAction> actions = new ArrayDeque<>();

    public void add(HubAction action) {
        actions.add(action);
    }

    public HubAction poll() {
        return actions.poll();
    }

    public void push(Session to, String event, JsonNode payload) {
        push(to, event, payload, Urgency.STATE);
    }

    public void push(Session to, String event, JsonNode payload, Urgency urgency) {
        if (to.isJoined()) {
            add(new HubAction.Send(to.id(), frame(to.topic(), event, payload, null), urgency));
        }
    }

    /// The acknowledgement; its response must be exactly `{}`.
    public void replyOk(Session to, String topic, JsonNode ref) {
        var payload = JSON.objectNode().put("status", "ok");
        payload.putObject("response");
        add(new HubAction.Send(to.id(), frame(topic, "phx_reply", payload, ref), Urgency.STATE));
    }

    public void replyError(Session to, String topic, JsonNode ref, String reason) {
        var payload = JSON.objectNode().put("status", "error");
        payload.putObject("response").put("reason", reason);
        add(new HubAction.Send(to.id(), frame(topic, "phx_reply", payload, ref), Urgency.STATE));
    }

    private static ObjectNode frame(String topic, String event, JsonNode payload, JsonNode ref) {
        var frame = JSON.objectNode().put("topic", topic).put("event", event);
        frame.set("payload", payload);
        frame.set("ref", ref == null ? JSON.nullNode() : ref);
        return frame;
    }
}
