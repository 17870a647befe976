package dev.gatehouse.portal.hub.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.limit.LimitCounters;
import dev.gatehouse.portal.hub.limit.Quota;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.HubAction.Urgency;
import java.util.LinkedHashSet;
import java.util.Set;

/// Passes candidates on between clients and gateways that share an authorization
/// (portal-channel.md 3.4, 4.3). What is passed on is paid by the sender, once for each receiver.
public final class CandidateDesk {
    /// Peers send candidates to one receiver each; the specification allows several.
    static final int RECEIVERS_MAX = 16;

    /// A host with 32 addresses and two relays has some 100 candidates, and sends them in groups.
    public static final int CANDIDATES_MAX = 256;

    /// Candidates have about 100 characters.
    static final int CANDIDATE_LENGTH_MAX = 512;

    private final Sessions sessions;
    private final AuthorizationTable authorizations;
    private final Outbox outbox;
    private final LimitCounters counters;

    public CandidateDesk(
            Sessions sessions,
            AuthorizationTable authorizations,
            Outbox outbox,
            LimitCounters counters) {
        this.sessions = sessions;
        this.authorizations = authorizations;
        this.outbox = outbox;
        this.counters = counters;
    }

    /// @param idsField names the receivers: one id, or a list of them
    public void handle(Session from, JsonNode frame, String idsField, String event, Moment now) {
        var payload = frame.get("payload");
        var ids = receivers(payload.path(idsField));
        var candidates = candidates(payload.path("candidates"));
        int sent = 0;
        for (String id : ids) {
            sent += push(from, id, event, candidates) ? 1 : 0;
        }
        from.quota().spend(Quota.work(length(candidates), sent), now.nowNs());
        boolean everything =
                ids.size()
                                == (payload.path(idsField).isTextual()
                                        ? 1
                                        : payload.path(idsField).size())
                        && candidates.size() == payload.path("candidates").size();
        if (!everything) {
            counters.met(Limit.CANDIDATES);
            outbox.replyError(from, from.topic(), frame.get("ref"), "too_many_candidates");
        }
    }

    private static Set<String> receivers(JsonNode ids) {
        var distinct = new LinkedHashSet<String>();
        if (ids.isTextual()) {
            distinct.add(ids.textValue());
        }
        for (var id : ids) {
            if (distinct.size() == RECEIVERS_MAX) {
                break;
            }
            if (id.isTextual()) {
                distinct.add(id.textValue());
            }
        }
        return distinct;
    }

    /// One list for all receivers: it is not changed any more.
    private static ArrayNode candidates(JsonNode all) {
        var list = JsonNodeFactory.instance.arrayNode();
        for (var candidate : all) {
            if (list.size() == CANDIDATES_MAX) {
                break;
            }
            if (candidate.isTextual() && candidate.textValue().length() <= CANDIDATE_LENGTH_MAX) {
                list.add(candidate);
            }
        }
        return list;
    }

    private static int length(ArrayNode candidates) {
        int length = 0;
        for (var candidate : candidates) {
            length += candidate.textValue().length();
        }
        return length;
    }

    /// Returns false if the receiver is away, or has nothing to do with the sender.
    private boolean push(Session from, String toId, String event, ArrayNode candidates) {
        String ownId = from.device().id();
        boolean fromGateway = from instanceof Session.Gateway;
        boolean isPair =
                fromGateway
                        ? authorizations.isPair(toId, ownId)
                        : authorizations.isPair(ownId, toId);
        var to = isPair ? sessions.ofDevice(toId).filter(Session::isJoined) : null;
        if (to == null || to.isEmpty()) {
            return false;
        }
        var message = Payloads.empty().put(fromGateway ? "gateway_id" : "client_id", ownId);
        message.set("candidates", candidates);
        outbox.push(to.get(), event, message, Urgency.CHATTER);
        return true;
    }
}
