package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.policy.PolicyEvaluator.Verdict;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Carries changes to the peers (portal-channel.md 7.8): gateways lose access first, then clients
/// hear of deletions, then of creations.
///
/// A client that keeps a resource it lost the access to gets it taken and given back, or its
/// traffic would be black-holed; one that is offline gets that after its next `init`.
public final class Reconciler {
    static final long NEVER = Long.MAX_VALUE;
    private static final int SLICE_CLIENTS = 10;
    private static final long SLICE_INTERVAL_NS = Duration.ofMillis(5).toNanos();

    private final Sessions sessions;
    private final AuthorizationTable authorizations;
    private final World world;
    private final FlowBroker flows;
    private final Outbox outbox;
    private final AuditTrail audit;

    /// Resources to take and give back when the client is there again, by client id.
    private final Map<String, Set<String>> owed = new TreeMap<>();

    /// What was rejected while its gateway was away, by gateway id. A gateway of October 2025 does
    /// not take a client's last resource because an `init` leaves it out.
    private final Map<String, List<Authorization>> unheard = new TreeMap<>();

    private final Queue<Long> toUpdate = new ArrayDeque<>();
    private long sliceAtNs;

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
    }

    /// What is to become of an authorization.
    private sealed interface Judgement {
        record Keep() implements Judgement {}

        record Renew(String policyId, long expiresAt) implements Judgement {}

        record Reject(String reason) implements Judgement {}
    }

    /// What an earlier run stored may be against the file of this one. Changed conditions show when
    /// the client joins.
    public void handleStart(Moment now) {
        for (var authorization : authorizations.all()) {
            apply(authorization, judge(authorization, world.directory(), now), now);
        }
    }

    /// The directory in force was `before` and is replaced already.
    public void handleDirectory(Directory before, Moment now) {
        for (var authorization : authorizations.all()) {
            apply(authorization, judge(authorization, before, now), now);
        }
        pushFilters(before);
        pushAccount(before);
        sessions.joinedClients().forEach(c -> updateList(c, now));
    }

    /// Re-judges what one client has; for blocks and for verification.
    public void handleClient(
            String clientId, Predicate<Authorization> isTaken, String why, Moment now) {
        for (var authorization : authorizations.ofClient(clientId)) {
            if (isTaken.test(authorization)) {
                reject(authorization, why, now);
            }
        }
        sessions.joinedClient(clientId).ifPresent(c -> updateList(c, now));
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

    /// The tick of 60 s: time conditions begin and end, expired authorizations go. The lists of
    /// clients follow in slices: a thousand at once would hold up the hub for a third of a second.
    public void handleTick(Moment now) {
        for (var authorization : authorizations.all()) {
            if (authorization.expiresAt() <= now.unixSeconds()) {
                authorizations.remove(authorization);
                owe(authorization);
            }
        }
        toUpdate.clear();
        sessions.joinedClients().forEach(c -> toUpdate.add(c.id()));
        sliceAtNs = now.nowNs();
    }

    public long pollTimeout() {
        return toUpdate.isEmpty() ? NEVER : sliceAtNs;
    }

    public void handleTimeout(Moment now) {
        if (now.nowNs() < pollTimeout()) {
            return;
        }
        sliceAtNs = now.nowNs() + SLICE_INTERVAL_NS;
        for (int i = 0; i < SLICE_CLIENTS && !toUpdate.isEmpty(); i++) {
            sessions.find(toUpdate.remove())
                    .filter(Session.Client.class::isInstance)
                    .map(Session.Client.class::cast)
                    .ifPresent(c -> updateList(c, now));
        }
    }

    /// Takes one authorization away; the client may ask again.
    public void revoke(Authorization authorization, String why, Moment now) {
        reject(authorization, why, now);
        sessions.joinedClient(authorization.clientId()).ifPresent(c -> updateList(c, now));
    }

    /// A client joined: what it may no longer have is taken from the gateways before it is told
    /// its list, and what was rejected in its absence is given anew afterwards.
    public void handleClientJoin(Session.Client client, Moment now) {
        client.resources().clear();
        client.resources().putAll(world.connectable(client, now.unixSeconds()));
        for (var authorization : authorizations.ofClient(client.device().id())) {
            if (!client.resources().containsKey(authorization.resourceId())) {
                reject(authorization, "not on the client's list", now);
            }
        }
    }

    public void handleClientInitialized(Session.Client client) {
        var debts = owed.remove(client.device().id());
        if (debts != null) {
            debts.forEach(id -> flows.reannounce(client, id));
        }
    }

    /// A gateway was told its `init`.
    public void handleGatewayInitialized(Session.Gateway gateway) {
        var rejected = unheard.remove(gateway.device().id());
        if (rejected != null) {
            rejected.forEach(a -> outbox.push(gateway, "reject_access", Payloads.pair(a)));
        }
    }

    private Judgement judge(Authorization a, Directory before, Moment now) {
        var directory = world.directory();
        var resource = directory.resource(a.resourceId());
        if (resource.isEmpty() || !resource.get().enabled()) {
            return new Judgement.Reject("resource is gone or disabled");
        }
        if (!resource.get().identity().equals(a.resourceIdentity())) {
            return new Judgement.Reject("resource has another address");
        }
        if (!resource.get().siteIds().contains(a.siteId())) {
            return new Judgement.Reject("site does not serve the resource");
        }
        var token = directory.token(a.tokenId());
        if (token.isEmpty()
                || !token.get().ownerId().equals(a.actorId())
                || !directory.isUsable(token.get(), now.unixSeconds())) {
            return new Judgement.Reject("client token is gone");
        }
        var policy = directory.policy(a.policyId());
        boolean untouched = policy.isPresent() && policy.equals(before.policy(a.policyId()));
        if (untouched && isApplicable(policy.get(), a, directory)) {
            return bounded(a, token.get());
        }
        return renewed(a, token.get(), now);
    }

    private static boolean isApplicable(Policy policy, Authorization a, Directory directory) {
        return policy.enabled()
                && policy.resourceId().equals(a.resourceId())
                && directory.isMember(a.actorId(), policy.groupId());
    }

    private static Judgement bounded(Authorization a, Token token) {
        return a.expiresAt() <= token.expiresAt()
                ? new Judgement.Keep()
                : new Judgement.Renew(a.policyId(), token.expiresAt());
    }

    /// The policy changed or went: another one, or what became of it, may still allow.
    private Judgement renewed(Authorization a, Token token, Moment now) {
        var client = sessions.joinedClient(a.clientId());
        if (client.isPresent()
                && world.evaluate(client.get(), a.resourceId(), now.unixSeconds())
                        instanceof Verdict.Allowed(var policy, long until)) {
            long expiresAt = Math.min(a.expiresAt(), Math.min(until, token.expiresAt()));
            return new Judgement.Renew(policy.id(), expiresAt);
        }
        return new Judgement.Reject("no policy allows it");
    }

    private void apply(Authorization authorization, Judgement judgement, Moment now) {
        switch (judgement) {
            case Judgement.Keep() -> {}
            case Judgement.Reject(var reason) -> reject(authorization, reason, now);
            case Judgement.Renew(var policyId, long expiresAt) ->
                    renew(authorization, policyId, expiresAt, now);
        }
    }

    /// A gateway on the v2 path cannot be told a shorter expiry: the client has to ask again.
    private void renew(Authorization a, String policyId, long expiresAt, Moment now) {
        var gateway = sessions.joinedGateway(a.gatewayId());
        boolean shorter = expiresAt < a.expiresAt();
        if (shorter && gateway.map(g -> g.endpoint().isV2()).orElse(true)) {
            reject(a, "access ends earlier", now);
            return;
        }
        var renewed = a.withPolicy(policyId, expiresAt);
        authorizations.put(renewed);
        audit.about(AuditEvent.Kind.ACCESS_RENEWED, renewed, now, "");
        if (shorter) {
            gateway.ifPresent(g -> flows.pushExpiry(g, renewed));
        }
    }

    private void reject(Authorization authorization, String reason, Moment now) {
        authorizations.remove(authorization);
        flows.forget(authorization);
        sessions.joinedGateway(authorization.gatewayId())
                .ifPresentOrElse(
                        g -> outbox.push(g, "reject_access", Payloads.pair(authorization)),
                        () ->
                                unheard.computeIfAbsent(
                                                authorization.gatewayId(), _ -> new ArrayList<>())
                                        .add(authorization));
        audit.about(AuditEvent.Kind.ACCESS_REVOKED, authorization, now, reason);
        owe(authorization);
    }

    private void owe(Authorization authorization) {
        owed.computeIfAbsent(authorization.clientId(), _ -> new TreeSet<>())
                .add(authorization.resourceId());
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

    private void updateList(Session.Client client, Moment now) {
        var next = world.connectable(client, now.unixSeconds());
        var debts = Optional.ofNullable(owed.remove(client.device().id()));
        var current = client.resources();
        Set<String> deleted = new LinkedHashSet<>();
        for (var view : current.entrySet()) {
            var successor = next.get(view.getKey());
            if (successor == null
                    || view.getValue().needsDeletionBefore(successor)
                    || debts.map(d -> d.contains(view.getKey())).orElse(false)) {
                deleted.add(view.getKey());
            }
        }
        deleted.forEach(id -> outbox.push(client, "resource_deleted", FlowBroker.text(id)));
        for (var view : next.entrySet()) {
            if (deleted.contains(view.getKey())
                    || !view.getValue().equals(current.get(view.getKey()))) {
                outbox.push(
                        client,
                        "resource_created_or_updated",
                        Payloads.clientResource(view.getValue()));
            }
        }
        current.clear();
        current.putAll(next);
    }
}
