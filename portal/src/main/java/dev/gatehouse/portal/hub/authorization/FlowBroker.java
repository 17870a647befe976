package dev.gatehouse.portal.hub.authorization;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.policy.PolicyEvaluator.Verdict;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.RandomId;
import dev.gatehouse.portal.token.IngestToken;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Brings a client's request to a gateway and the gateway's consent back (portal-channel.md 7.7).
///
/// A request is pending for 15 s; then the client hears `offline`. While it is pending, the
/// client's repetitions go to the same gateway under the same ref.
public final class FlowBroker {
    private static final long AUTHORIZATION_TIMEOUT_NS = Duration.ofSeconds(15).toNanos();
    private static final int REF_LENGTH = 24;

    private final Sessions sessions;
    private final AuthorizationTable authorizations;
    private final World world;
    private final Outbox outbox;
    private final AuditTrail audit;
    private final RandomGenerator random;
    private final GatewayChoice choice;
    private final IngestToken ingest;

    private final PendingFlows pending = new PendingFlows();

    public FlowBroker(
            Sessions sessions,
            AuthorizationTable authorizations,
            World world,
            Outbox outbox,
            AuditTrail audit,
            RandomGenerator random) {
        this.sessions = sessions;
        this.authorizations = authorizations;
        this.world = world;
        this.outbox = outbox;
        this.audit = audit;
        this.random = random;
        this.choice = new GatewayChoice(random);
        var key = new byte[32];
        random.nextBytes(key);
        this.ingest = new IngestToken(key);
    }

    public void handleRequest(
            Session.Client client, String resourceId, List<String> connected, Moment now) {
        var view = client.resources().get(resourceId);
        var listed = client.resources().keySet();
        if (!client.quota().takeRequest(resourceId, listed, now.nowNs())) {
            audit.dropped(client, now);
            return;
        }
        if (view == null) {
            fail(client, resourceId, "not_found", List.of(), now);
            return;
        }
        switch (world.evaluate(client, resourceId, now.unixSeconds())) {
            case Verdict.NoPolicy() -> fail(client, resourceId, "not_found", List.of(), now);
            case Verdict.Violated(var properties) ->
                    fail(client, resourceId, "forbidden", properties, now);
            case Verdict.Allowed allowed -> {
                if (!repeatPending(client, resourceId)) {
                    authorize(client, resourceId, connected, allowed, now);
                }
            }
        }
    }

    private void fail(
            Session.Client client,
            String resourceId,
            String reason,
            List<String> violated,
            Moment now) {
        outbox.push(
                client,
                client.endpoint().failedEvent(),
                FlowPayloads.failed(resourceId, reason, violated));
        String detail = violated.isEmpty() ? reason : reason + ": " + String.join(", ", violated);
        audit.denied(client, resourceId, now, detail);
    }

    private boolean repeatPending(Session.Client client, String resourceId) {
        String ref = pending.openRef(client, resourceId);
        if (ref == null || !isOnline(pending.find(ref).terms().gateway())) {
            return false;
        }
        pushAuthorize(pending.find(ref).terms(), ref);
        return true;
    }

    private boolean isOnline(Session.Gateway gateway) {
        return sessions.joinedGateway(gateway.device().id()).filter(g -> g == gateway).isPresent();
    }

    private void authorize(
            Session.Client client,
            String resourceId,
            List<String> connected,
            Verdict.Allowed allowed,
            Moment now) {
        var resource = world.directory().resource(resourceId).orElseThrow();
        var compatible =
                GatewayChoice.compatible(onlineGateways(), resource, client.identity().version());
        var bound = bound(client, resourceId, connected);
        if (bound.isPresent() && !compatible.isEmpty() && !isAmong(compatible, bound.get())) {
            rebind(client, bound.get(), now);
            return;
        }
        var preferred = bound.map(a -> List.of(a.gatewayId())).orElse(connected);
        var gateway =
                choice.choose(compatible, preferred, client.identity().location())
                        .flatMap(g -> sessions.joinedGateway(g.id()));
        if (gateway.isEmpty()) {
            fail(client, resourceId, reasonOfNone(client, resource), List.of(), now);
            return;
        }
        begin(client, gateway.get(), resource, allowed, now);
    }

    /// Peers on the v2 path are told when all gateways that are online are too old or too new.
    private String reasonOfNone(Session.Client client, Resource resource) {
        boolean isOnline =
                onlineGateways().stream().anyMatch(g -> resource.siteIds().contains(g.siteId()));
        return isOnline && client.endpoint().isV2() ? "version_mismatch" : "offline";
    }

    private List<GatewayChoice.Candidate> onlineGateways() {
        return sessions.joinedGateways().stream()
                .map(
                        g ->
                                new GatewayChoice.Candidate(
                                        g.device().id(),
                                        g.device().ownerId(),
                                        g.identity().version(),
                                        g.identity().location()))
                .toList();
    }

    /// The gateway the client has this resource on, as far as it says that it still is connected.
    private Optional<Authorization> bound(
            Session.Client client, String resourceId, List<String> connected) {
        return connected.stream()
                .map(id -> authorizations.find(client.device().id(), id, resourceId))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static boolean isAmong(
            List<GatewayChoice.Candidate> gateways, Authorization authorization) {
        return gateways.stream().anyMatch(g -> g.id().equals(authorization.gatewayId()));
    }

    /// The client's gateway is gone for the portal, but not for the client, which cannot be moved
    /// to another one in place: the resource is taken and given back, and its next packet asks.
    private void rebind(Session.Client client, Authorization bound, Moment now) {
        authorizations.remove(bound);
        audit.about(AuditEvent.Kind.ACCESS_REVOKED, bound, now, "gateway is offline");
        reannounce(client, bound.resourceId());
    }

    /// Takes the resource from the client and gives it back, so that it asks again.
    void reannounce(Session.Client client, String resourceId) {
        var view = client.resources().get(resourceId);
        if (view != null) {
            outbox.push(client, "resource_deleted", TextNode.valueOf(resourceId));
            outbox.push(client, "resource_created_or_updated", Payloads.clientResource(view));
        }
    }

    private void begin(
            Session.Client client,
            Session.Gateway gateway,
            Resource resource,
            Verdict.Allowed allowed,
            Moment now) {
        var policy = allowed.policy();
        var authorization =
                new Authorization(
                        RandomId.create(random),
                        client.device().id(),
                        gateway.device().id(),
                        resource.id(),
                        resource.identity(),
                        policy.id(),
                        client.token().id(),
                        client.device().ownerId(),
                        gateway.device().ownerId(),
                        now.unixSeconds(),
                        Math.min(allowed.expiresAt(), client.token().expiresAt()));
        var actor = world.directory().actor(client.device().ownerId()).orElseThrow();
        var terms = new FlowTerms(authorization, client, gateway, resource, actor);
        var before = authorizations.put(authorization);
        String ref = ref(resource);
        pending.add(
                ref,
                new PendingFlows.Pending(
                        terms, before.isPresent(), false, now.nowNs() + AUTHORIZATION_TIMEOUT_NS));
        pushAuthorize(terms, ref);
        if (before.isPresent() && before.get().expiresAt() != authorization.expiresAt()) {
            pushExpiry(gateway, authorization);
        }
    }

    private String ref(Resource resource) {
        var bytes = new byte[REF_LENGTH];
        random.nextBytes(bytes);
        return java.util.Base64.getEncoder().encodeToString(bytes) + "|" + resource.id();
    }

    private void pushAuthorize(FlowTerms terms, String ref) {
        outbox.push(
                terms.gateway(),
                terms.gateway().endpoint().authorizeEvent(),
                FlowPayloads.authorize(terms, ref, ingestToken(terms, "responder")));
    }

    /// October 2025 gateways keep the old expiry of a resource that is authorized again; on the v2
    /// path they take the new one and do not know this event.
    void pushExpiry(Session.Gateway gateway, Authorization authorization) {
        if (!gateway.endpoint().isV2()) {
            outbox.push(
                    gateway,
                    "access_authorization_expiry_updated",
                    FlowPayloads.pair(authorization).put("expires_at", authorization.expiresAt()));
        }
    }

    private String ingestToken(FlowTerms terms, String role) {
        return ingest.sign(
                FlowPayloads.ingestClaims(terms, role, world.directory().account().id()));
    }

    /// Returns false if the ref is not one this gateway was given.
    public boolean handleAuthorized(Session.Gateway gateway, String ref, Moment now) {
        var found = pending.find(ref);
        if (found == null || found.terms().gateway() != gateway) {
            return false;
        }
        var terms = found.terms();
        if (!found.answered()) {
            pending.answered(ref);
            outbox.push(
                    terms.client(),
                    terms.client().endpoint().createdEvent(),
                    FlowPayloads.created(terms, ingestToken(terms, "initiator")));
            audit.about(AuditEvent.Kind.ACCESS_GRANTED, terms.authorization(), now, "");
        }
        return true;
    }

    /// Forgets requests that are no longer allowed; their answers become invalid.
    public void forget(Authorization authorization) {
        pending.forget(authorization);
    }

    public void forget(Session session) {
        pending.forget(session);
    }

    public long pollTimeout() {
        return pending.pollTimeout();
    }

    public void handleTimeout(Moment now) {
        for (var oldest = pending.pollTimedOut(now.nowNs());
                oldest != null;
                oldest = pending.pollTimedOut(now.nowNs())) {
            if (!oldest.answered()) {
                timedOut(oldest, now);
            }
        }
    }

    private void timedOut(PendingFlows.Pending request, Moment now) {
        var terms = request.terms();
        fail(terms.client(), terms.resource().id(), "offline", List.of(), now);
        if (!request.renewal() && authorizations.remove(terms.authorization())) {
            outbox.push(terms.gateway(), "reject_access", FlowPayloads.pair(terms.authorization()));
        }
    }
}
