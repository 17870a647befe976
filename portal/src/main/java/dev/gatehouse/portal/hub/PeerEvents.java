package dev.gatehouse.portal.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.portal.hub.authorization.CandidateDesk;
import dev.gatehouse.portal.hub.authorization.FlowBroker;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.limit.LimitCounters;
import dev.gatehouse.portal.hub.relay.RelayDesk;
import dev.gatehouse.portal.hub.session.Session;
import java.util.List;
import java.util.stream.StreamSupport;

/// What joined gateways and clients say, brought to the desk that answers it (portal-channel.md
/// 3.4 and 4.3). Belongs to the hub's thread.
final class PeerEvents {
    private static final int CONNECTED_MAX = 100; // as many as clients remember
    private static final String ADD = "ice_candidates";
    private static final String REMOVE = "invalidate_ice_candidates";

    private final FlowBroker flows;
    private final CandidateDesk candidates;
    private final RelayDesk relays;
    private final Outbox outbox;
    private final LimitCounters counters;
    private boolean storeBehind;

    PeerEvents(
            FlowBroker flows,
            CandidateDesk candidates,
            RelayDesk relays,
            Outbox outbox,
            LimitCounters counters) {
        this.flows = flows;
        this.candidates = candidates;
        this.relays = relays;
        this.outbox = outbox;
        this.counters = counters;
    }

    /// While the store is behind no request is judged.
    void handleStore(boolean isBehind) {
        storeBehind = isBehind;
    }

    void handle(Session.Gateway gateway, JsonNode frame, Moment now) {
        var payload = frame.get("payload");
        String event = frame.get("event").textValue();
        if (event.equals(gateway.endpoint().authorizedEvent())) {
            String ref = payload.path("ref").asText("");
            if (flows.handleAuthorized(gateway, ref, now)) {
                outbox.replyOk(gateway, gateway.topic(), frame.get("ref"));
            } else {
                outbox.replyError(gateway, gateway.topic(), frame.get("ref"), "invalid_ref");
            }
            return;
        }
        switch (event) {
            case "broadcast_ice_candidates" ->
                    candidates.handle(gateway, frame, "client_ids", ADD, now);
            case "broadcast_invalidated_ice_candidates" ->
                    candidates.handle(gateway, frame, "client_ids", REMOVE, now);
            case "no_relays" -> noRelays(gateway, now);
            case "set_snownet_capabilities" -> {} // ICE-less is never offered
            default ->
                    outbox.replyError(
                            gateway, gateway.topic(), frame.get("ref"), "unknown_message");
        }
    }

    void handle(Session.Client client, JsonNode frame, Moment now) {
        String event = frame.get("event").textValue();
        switch (event) {
            case "create_flow", "request_authorization" -> request(client, frame, now);
            case "broadcast_ice_candidates" ->
                    candidates.handle(client, frame, "gateway_ids", ADD, now);
            case "broadcast_invalidated_ice_candidates" ->
                    candidates.handle(client, frame, "gateway_ids", REMOVE, now);
            case "new_gateway_ice_candidates" ->
                    candidates.handle(client, frame, "gateway_id", ADD, now);
            case "invalidate_gateway_ice_candidates" ->
                    candidates.handle(client, frame, "gateway_id", REMOVE, now);
            case "no_relays" -> noRelays(client, now);
            case "set_snownet_capabilities", "request_device_access" -> {}
            default ->
                    outbox.replyError(client, client.topic(), frame.get("ref"), "unknown_message");
        }
    }

    private void noRelays(Session session, Moment now) {
        if (session.quota().takeNoRelays(now.nowNs())) {
            relays.handleNoRelays(session);
        } else {
            counters.met(Limit.NO_RELAYS);
        }
    }

    private void request(Session.Client client, JsonNode frame, Moment now) {
        var payload = frame.get("payload");
        if (!frame.get("event").textValue().equals(client.endpoint().requestEvent())) {
            outbox.replyError(client, client.topic(), frame.get("ref"), "unknown_message");
        } else if (storeBehind) {
            counters.met(Limit.STORE_BEHIND);
        } else {
            flows.handleRequest(
                    client,
                    payload.path("resource_id").asText(""),
                    texts(payload, "connected_gateway_ids"),
                    now);
        }
    }

    private static List<String> texts(JsonNode payload, String field) {
        return StreamSupport.stream(payload.path(field).spliterator(), false)
                .limit(CONNECTED_MAX)
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .toList();
    }
}
