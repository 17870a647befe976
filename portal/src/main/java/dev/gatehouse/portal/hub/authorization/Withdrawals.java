package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Takes authorizations away: from the table, from the gateway, now or when it is there again, and
/// from what waits for an answer. The client's list follows in [ResourceLists].
final class Withdrawals {
    private final Sessions sessions;
    private final AuthorizationTable authorizations;
    private final FlowBroker flows;
    private final ResourceLists lists;
    private final Outbox outbox;
    private final AuditTrail audit;

    /// What was rejected while its gateway was away, by gateway id. A gateway of October 2025 does
    /// not take a client's last resource because an `init` leaves it out.
    private final Map<String, List<Authorization>> unheard = new TreeMap<>();

    Withdrawals(
            Sessions sessions,
            AuthorizationTable authorizations,
            FlowBroker flows,
            ResourceLists lists,
            Outbox outbox,
            AuditTrail audit) {
        this.sessions = sessions;
        this.authorizations = authorizations;
        this.flows = flows;
        this.lists = lists;
        this.outbox = outbox;
        this.audit = audit;
    }

    void reject(Authorization authorization, String reason, Moment now) {
        authorizations.remove(authorization);
        flows.forget(authorization);
        sessions.joinedGateway(authorization.gatewayId())
                .ifPresentOrElse(
                        g -> outbox.push(g, "reject_access", FlowPayloads.pair(authorization)),
                        () ->
                                unheard.computeIfAbsent(
                                                authorization.gatewayId(), _ -> new ArrayList<>())
                                        .add(authorization));
        audit.about(AuditEvent.Kind.ACCESS_REVOKED, authorization, now, reason);
        lists.owe(authorization);
    }

    /// Its time is over: the gateway knows that, too.
    void expire(Authorization authorization) {
        authorizations.remove(authorization);
        lists.owe(authorization);
    }

    /// A gateway was told its `init`.
    void handleGatewayInitialized(Session.Gateway gateway) {
        var rejected = unheard.remove(gateway.device().id());
        if (rejected != null) {
            rejected.forEach(a -> outbox.push(gateway, "reject_access", FlowPayloads.pair(a)));
        }
    }
}
