package dev.gatehouse.portal.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.authorization.AuthorizationTable;
import dev.gatehouse.portal.hub.authorization.Reconciler;
import dev.gatehouse.portal.hub.authorization.World;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.relay.RelayDesk;
import dev.gatehouse.portal.hub.session.Connection;
import dev.gatehouse.portal.hub.session.Session;

/// What a peer is told when it joins: the acknowledgement, its `init`, and what it missed
/// (portal-channel.md 2.1, 3.3, 4.2). Belongs to the hub's thread.
final class Joins {
    private final AuthorizationTable authorizations;
    private final World world;
    private final Reconciler reconciler;
    private final RelayDesk relays;
    private final Outbox outbox;
    private final AuditTrail audit;

    Joins(
            AuthorizationTable authorizations,
            World world,
            Reconciler reconciler,
            RelayDesk relays,
            Outbox outbox,
            AuditTrail audit) {
        this.authorizations = authorizations;
        this.world = world;
        this.reconciler = reconciler;
        this.relays = relays;
        this.outbox = outbox;
        this.audit = audit;
    }

    void handle(Session.Gateway gateway, JsonNode ref, Moment now) {
        acknowledge(gateway, ref);
        pushInit(gateway, now);
        reconciler.handleGatewayInitialized(gateway);
    }

    void handle(Session.Client client, JsonNode ref, Moment now) {
        acknowledge(client, ref);
        reconciler.handleClientJoin(client, now);
        outbox.push(
                client,
                "init",
                Payloads.clientInit(
                        client.device(),
                        world.directory(),
                        relays.select(client),
                        client.resources().values()));
        reconciler.handleClientInitialized(client);
    }

    /// The relay's secret and id are known.
    void handle(Session.Relay relay, JsonNode ref, Moment now) {
        acknowledge(relay, ref);
        outbox.push(relay, "init", Payloads.empty());
        relays.handleChange(now.nowNs());
    }

    private void acknowledge(Session session, JsonNode ref) {
        session.join();
        audit.say("%s %s joined".formatted(session.topic(), Connection.idOf(session)));
        outbox.replyOk(session, session.topic(), ref);
    }

    /// Also when the account has another name.
    void pushInit(Session.Gateway gateway, Moment now) {
        var valid =
                authorizations.ofGateway(gateway.device().id()).stream()
                        .filter(a -> a.expiresAt() > now.unixSeconds())
                        .toList();
        outbox.push(
                gateway,
                "init",
                Payloads.gatewayInit(
                        gateway.device(), world.directory(), relays.select(gateway), valid));
    }
}
