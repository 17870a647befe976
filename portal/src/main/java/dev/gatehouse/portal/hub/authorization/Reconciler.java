package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import java.util.function.Predicate;

/// Carries changes to the peers (portal-channel.md 7.8): each authorization is judged again
/// ([Judge]), gateways lose access first ([Withdrawals]), then clients hear of deletions, then of
/// creations ([ResourceLists]).
public final class Reconciler {
    private final Sessions sessions;
    private final AuthorizationTable authorizations;
    private final World world;
    private final FlowBroker flows;
    private final Outbox outbox;
    private final AuditTrail audit;
    private final Judge judge;
    private final ResourceLists lists;
    private final Withdrawals withdrawals;

    public Reconciler(
            Sessions sessions,
            AuthorizationTable authorizations,
            World world,
            FlowBroker flows,
            Outbox outbox,
            AuditTrail audit) {
        this.sessions = sessions;
        this.authorizations = authorizations;
        this.world = world;
        this.flows = flows;
        this.outbox = outbox;
        this.audit = audit;
        this.judge = new Judge(sessions, world);
        this.lists = new ResourceLists(sessions, world, outbox);
        this.withdrawals = new Withdrawals(sessions, authorizations, flows, lists, outbox, audit);
    }

    /// What an earlier run stored may be against the file of this one. Changed conditions show when
    /// the client joins.
    public void handleStart(Moment now) {
        for (var authorization : authorizations.all()) {
            apply(authorization, judge.judge(authorization, world.directory(), now), now);
        }
    }

    /// The directory in force was `before` and is replaced already.
    public void handleDirectory(Directory before, Moment now) {
        for (var authorization : authorizations.all()) {
            apply(authorization, judge.judge(authorization, before, now), now);
        }
        pushFilters(before);
        pushAccount(before);
        lists.updateAll(now);
    }

    /// Re-judges what one client has; for blocks and for verification.
    public void handleClient(
            String clientId, Predicate<Authorization> isTaken, String why, Moment now) {
        for (var authorization : authorizations.ofClient(clientId)) {
            if (isTaken.test(authorization)) {
                withdrawals.reject(authorization, why, now);
            }
        }
        lists.update(clientId, now);
    }

    public boolean dependsOnVerification(Authorization authorization) {
        return world.directory()
                .policy(authorization.policyId())
                .map(Policy::conditions)
                .filter(
                        all ->
                                all.stream()
                                        .anyMatch(
                                                c ->
                                                        c.property()
                                                                == Condition.Property
                                                                        .CLIENT_VERIFIED))
                .isPresent();
    }

    /// Takes one authorization away; the client may ask again.
    public void revoke(Authorization authorization, String why, Moment now) {
        withdrawals.reject(authorization, why, now);
        lists.update(authorization.clientId(), now);
    }

    /// The tick of 60 s: time conditions begin and end, expired authorizations go.
    public void handleTick(Moment now) {
        for (var authorization : authorizations.all()) {
            if (authorization.expiresAt() <= now.unixSeconds()) {
                withdrawals.expire(authorization);
            }
        }
        lists.updateInSlices(now);
    }

    public long pollTimeout() {
        return lists.pollTimeout();
    }

    public void handleTimeout(Moment now) {
        lists.handleTimeout(now);
    }

    /// A client joined: what it may no longer have is taken from the gateways before it is told
    /// its list, and what was rejected in its absence is given anew afterwards.
    public void handleClientJoin(Session.Client client, Moment now) {
        lists.begin(client, now);
        for (var authorization : authorizations.ofClient(client.device().id())) {
            if (!client.resources().containsKey(authorization.resourceId())) {
                withdrawals.reject(authorization, "not on the client's list", now);
            }
        }
    }

    public void handleClientInitialized(Session.Client client) {
        lists.takeOwed(client).forEach(id -> flows.reannounce(client, id));
    }

    /// A gateway was told its `init`.
    public void handleGatewayInitialized(Session.Gateway gateway) {
        withdrawals.handleGatewayInitialized(gateway);
    }

    private void apply(Authorization authorization, Judge.Judgement judgement, Moment now) {
        switch (judgement) {
            case Judge.Judgement.Keep() -> {}
            case Judge.Judgement.Reject(var reason) ->
                    withdrawals.reject(authorization, reason, now);
            case Judge.Judgement.Renew(var policyId, long expiresAt) ->
                    renew(authorization, policyId, expiresAt, now);
        }
    }

    /// A gateway on the v2 path cannot be told a shorter expiry: the client has to ask again.
    private void renew(Authorization a, String policyId, long expiresAt, Moment now) {
        var gateway = sessions.joinedGateway(a.gatewayId());
        boolean shorter = expiresAt < a.expiresAt();
        if (shorter && gateway.map(g -> g.endpoint().isV2()).orElse(true)) {
            withdrawals.reject(a, "access ends earlier", now);
            return;
        }
        var renewed = a.withPolicy(policyId, expiresAt);
        authorizations.put(renewed);
        audit.about(AuditEvent.Kind.ACCESS_RENEWED, renewed, now, "");
        if (shorter) {
            gateway.ifPresent(g -> flows.pushExpiry(g, renewed));
        }
    }

    private void pushFilters(Directory before) {
        for (var resource : world.directory().resources()) {
            boolean changed =
                    before.resource(resource.id())
                            .filter(b -> b.identity().equals(resource.identity()))
                            .filter(b -> !b.filters().equals(resource.filters()))
                            .isPresent();
            if (changed) {
                sessions.joinedGateways()
                        .forEach(
                                g ->
                                        outbox.push(
                                                g,
                                                "resource_updated",
                                                Payloads.gatewayResource(resource)));
            }
        }
    }

    private void pushAccount(Directory before) {
        var was = before.account();
        var is = world.directory().account();
        boolean same =
                was.upstreamDns().equals(is.upstreamDns())
                        && was.upstreamDoh().equals(is.upstreamDoh())
                        && was.searchDomain().equals(is.searchDomain());
        if (!same) {
            for (var client : sessions.joinedClients()) {
                var payload = Payloads.empty();
                payload.set(
                        "interface", Payloads.clientInterface(client.device(), world.directory()));
                outbox.push(client, "config_changed", payload);
            }
        }
    }
}
