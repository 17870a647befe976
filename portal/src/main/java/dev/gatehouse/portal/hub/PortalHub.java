package dev.gatehouse.portal.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.policy.Directory;
import dev.gatehouse.portal.policy.PeerSecrets;
import dev.gatehouse.wire.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.StreamSupport;

/// The whole portal between the sockets and the store. Sans-IO: after every call, the shell
/// executes [#pollAction] until it is null, then waits for [#pollTimeout].
///
/// Not thread-safe: owned by one event loop.
public final class PortalHub {
    private static final long SCAN_NS = Duration.ofSeconds(1).toNanos();
    private static final long TICK_NS = Duration.ofSeconds(60).toNanos();
    private static final int LIST_LENGTH_MAX = 1000;
    private static final int STAMP_LENGTH_MAX = 255;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final long unixOriginNs;
    private final Outbox outbox = new Outbox();
    private final Sessions sessions = new Sessions();
    private final Devices devices;
    private final World world;
    private final AuthorizationTable authorizations;
    private final AuditTrail audit;
    private final RelayDesk relays;
    private final FlowBroker flows;
    private final Reconciler reconciler;
    private long scanAtNs = SCAN_NS;
    private long tickAtNs = TICK_NS;

    /// @param unixOriginNs unix time in ns at `nowNs` 0
    public PortalHub(HubState state, RandomGenerator random, long unixOriginNs) {
        this.unixOriginNs = unixOriginNs;
        this.devices = new Devices(state.devices(), random);
        this.world = new World(state.directory(), state.disabledResources(), state.blocks());
        this.authorizations = new AuthorizationTable(state.authorizations(), outbox);
        this.audit = new AuditTrail(outbox, world, devices);
        this.relays = new RelayDesk(sessions, outbox, random);
        this.flows = new FlowBroker(sessions, authorizations, world, outbox, audit, random);
        this.reconciler = new Reconciler(sessions, authorizations, world, flows, outbox, audit);
        reconciler.handleStart(at(0));
    }

    private Moment at(long nowNs) {
        return new Moment(nowNs, Math.floorDiv(unixOriginNs + nowNs, 1_000_000_000L));
    }

    /// Judges an upgrade; nothing is changed before [#handleOpened].
    public Admission handleUpgrade(UpgradeRequest request, long nowNs) {
        var now = at(nowNs);
        return Admissions.check(request, world.directory(), devices, now.unixSeconds());
    }

    /// An upgrade was refused.
    ///
    /// @param code what the peer was told
    public void handleRefused(Role role, String code, long nowNs) {
        audit.refused(role, code, at(nowNs));
    }

    /// The WebSocket of an accepted peer is open. The newest connection of a device wins.
    public void handleOpened(long sessionId, Admission.Accepted peer, long nowNs) {
        var now = at(nowNs);
        if (!Admissions.isUsable(peer.token(), world.directory(), now.unixSeconds())) {
            outbox.add(new HubAction.Close(sessionId, "token is gone"));
            return;
        }
        outbox.add(new HubAction.TokenUsed(peer.token().id(), now.unixSeconds()));
        if (peer.endpoint().role() == Role.RELAY) {
            open(new Session.Relay(sessionId, peer, nowNs), now);
            return;
        }
        var device = devices.upsert(peer, now.unixSeconds());
        if (device.isEmpty()) {
            outbox.add(new HubAction.Close(sessionId, "no tunnel address is left"));
            return;
        }
        outbox.add(new HubAction.SaveDevice(device.get()));
        sessions.ofDevice(device.get().id())
                .ifPresent(old -> close(old, "a newer connection came", now));
        open(
                peer.endpoint().role() == Role.GATEWAY
                        ? new Session.Gateway(sessionId, peer, device.get(), nowNs)
                        : new Session.Client(sessionId, peer, device.get(), nowNs),
                now);
    }

    private void open(Session session, Moment now) {
        sessions.add(session);
        audit.simple(AuditEvent.Kind.CONNECTED, now.unixSeconds(), describe(session));
    }

    private static String describe(Session session) {
        String name = session.identity().name();
        String id = session instanceof Session.Relay ? "" : " " + session.device().id();
        return session.topic() + id + " " + name;
    }

    /// The peer's WebSocket is closed, by whomever.
    public void handleClosed(long sessionId, long nowNs) {
        sessions.find(sessionId).ifPresent(s -> gone(s, "the connection ended", at(nowNs)));
    }

    private void close(Session session, String reason, Moment now) {
        outbox.add(new HubAction.Close(session.id(), reason));
        gone(session, reason, now);
    }

    private void gone(Session session, String reason, Moment now) {
        sessions.remove(session);
        if (session instanceof Session.Client client) {
            audit.handleGone(client.device().id());
        }
        if (session.isJoined()) {
            audit.say("%s %s is gone: %s".formatted(session.topic(), idOf(session), reason));
        }
        flows.forget(session);
        if (session instanceof Session.Relay && session.isJoined()) {
            relays.handleChange(now.nowNs());
        }
        audit.simple(AuditEvent.Kind.DISCONNECTED, now.unixSeconds(), describe(session));
    }

    /// One text frame of a peer.
    public void handleText(long sessionId, String text, long nowNs) {
        var session = sessions.find(sessionId);
        if (session.isEmpty()) {
            return;
        }
        session.get().heard(nowNs);
        var frame = parse(text);
        if (frame.isEmpty()) {
            close(session.get(), "undecodable frame", at(nowNs));
            return;
        }
        dispatch(session.get(), frame.get(), at(nowNs));
    }

    /// Phoenix drops a socket whose frames lack `payload` or `ref`.
    private static Optional<JsonNode> parse(String text) {
        try {
            var frame = JSON.readTree(text);
            boolean complete =
                    frame.path("topic").isTextual()
                            && frame.path("event").isTextual()
                            && frame.has("payload")
                            && frame.has("ref");
            return complete ? Optional.of(frame) : Optional.empty();
        } catch (JsonProcessingException _) {
            return Optional.empty();
        }
    }

    private void dispatch(Session session, JsonNode frame, Moment now) {
        String topic = frame.get("topic").textValue();
        String event = frame.get("event").textValue();
        var ref = frame.get("ref");
        if (topic.equals("phoenix") && event.equals("heartbeat")) {
            outbox.replyOk(session, topic, ref);
        } else if (topic.equals(session.topic()) && event.equals("phx_join")) {
            join(session, frame, now);
        } else if (!topic.equals(session.topic()) || !session.isJoined()) {
            outbox.replyError(session, topic, ref, "unmatched topic");
        } else {
            switch (session) {
                case Session.Gateway gateway -> gatewayEvent(gateway, frame, now);
                case Session.Client client -> clientEvent(client, frame, now);
                case Session.Relay _ -> outbox.replyError(session, topic, ref, "unknown_message");
            }
        }
    }

    /// A second join ends the channel of the first one and begins another, as Phoenix does it.
    private void join(Session session, JsonNode frame, Moment now) {
        var ref = frame.get("ref");
        outbox.push(session, "phx_close", Payloads.empty());
        switch (session) {
            case Session.Gateway gateway -> {
                acknowledge(gateway, ref);
                pushGatewayInit(gateway, now);
                reconciler.handleGatewayInitialized(gateway);
            }
            case Session.Client client -> {
                acknowledge(client, ref);
                joinClient(client, now);
            }
            case Session.Relay relay -> joinRelay(relay, frame, now);
        }
    }

    private static String idOf(Session session) {
        return session instanceof Session.Relay relay ? relay.relayId() : session.device().id();
    }

    private void acknowledge(Session session, JsonNode ref) {
        session.join();
        audit.say("%s %s joined".formatted(session.topic(), idOf(session)));
        outbox.replyOk(session, session.topic(), ref);
    }

    private void pushGatewayInit(Session.Gateway gateway, Moment now) {
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

    private void joinClient(Session.Client client, Moment now) {
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

    private void joinRelay(Session.Relay relay, JsonNode frame, Moment now) {
        String secret = frame.path("payload").path("stamp_secret").asText("");
        if (secret.isBlank() || secret.length() > STAMP_LENGTH_MAX) {
            outbox.replyError(relay, relay.topic(), frame.get("ref"), "join crashed");
            return;
        }
        String id = PeerSecrets.relayId(secret);
        for (var other : sessions.joinedRelays()) {
            boolean sameAddress = other.identity().relay().equals(relay.identity().relay());
            if (other != relay && (sameAddress || other.relayId().equals(id))) {
                close(other, "a newer connection came", now);
            }
        }
        relay.stamp(secret, id);
        acknowledge(relay, frame.get("ref"));
        outbox.push(relay, "init", Payloads.empty());
        relays.handleChange(now.nowNs());
    }

    private void gatewayEvent(Session.Gateway gateway, JsonNode frame, Moment now) {
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
                    toClients(gateway, payload, "client_ids", "ice_candidates");
            case "broadcast_invalidated_ice_candidates" ->
                    toClients(gateway, payload, "client_ids", "invalidate_ice_candidates");
            case "no_relays" -> relays.handleNoRelays(gateway);
            case "set_snownet_capabilities" -> {} // ICE-less is never offered
            default ->
                    outbox.replyError(
                            gateway, gateway.topic(), frame.get("ref"), "unknown_message");
        }
    }

    private void toClients(
            Session.Gateway gateway, JsonNode payload, String idsField, String event) {
        String gatewayId = gateway.device().id();
        for (String clientId : texts(payload, idsField)) {
            if (authorizations.isPair(clientId, gatewayId)) {
                sessions.joinedClient(clientId)
                        .ifPresent(c -> pushCandidates(c, event, "gateway_id", gatewayId, payload));
            }
        }
    }

    private void clientEvent(Session.Client client, JsonNode frame, Moment now) {
        var payload = frame.get("payload");
        String event = frame.get("event").textValue();
        if (event.equals(client.endpoint().requestEvent())) {
            flows.handleRequest(
                    client,
                    payload.path("resource_id").asText(""),
                    texts(payload, "connected_gateway_ids"),
                    now);
            return;
        }
        switch (event) {
            case "broadcast_ice_candidates" ->
                    toGateways(client, payload, texts(payload, "gateway_ids"), "ice_candidates");
            case "broadcast_invalidated_ice_candidates" ->
                    toGateways(
                            client,
                            payload,
                            texts(payload, "gateway_ids"),
                            "invalidate_ice_candidates");
            case "new_gateway_ice_candidates" ->
                    toGateways(client, payload, gatewayId(payload), "ice_candidates");
            case "invalidate_gateway_ice_candidates" ->
                    toGateways(client, payload, gatewayId(payload), "invalidate_ice_candidates");
            case "no_relays" -> relays.handleNoRelays(client);
            case "set_snownet_capabilities", "request_device_access" -> {}
            default ->
                    outbox.replyError(client, client.topic(), frame.get("ref"), "unknown_message");
        }
    }

    private static List<String> gatewayId(JsonNode payload) {
        return List.of(payload.path("gateway_id").asText(""));
    }

    private void toGateways(
            Session.Client client, JsonNode payload, List<String> gatewayIds, String event) {
        String clientId = client.device().id();
        for (String gatewayId : gatewayIds) {
            if (authorizations.isPair(clientId, gatewayId)) {
                sessions.joinedGateway(gatewayId)
                        .ifPresent(g -> pushCandidates(g, event, "client_id", clientId, payload));
            }
        }
    }

    private void pushCandidates(
            Session to, String event, String idField, String id, JsonNode payload) {
        var message = Payloads.empty().put(idField, id);
        var candidates = message.putArray("candidates");
        texts(payload, "candidates").forEach(candidates::add);
        outbox.push(to, event, message);
    }

    private static List<String> texts(JsonNode payload, String field) {
        return StreamSupport.stream(payload.path(field).spliterator(), false)
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .limit(LIST_LENGTH_MAX)
                .toList();
    }

    /// The file changed and is valid.
    public void handleDirectory(Directory next, long nowNs) {
        var now = at(nowNs);
        var before = world.directory();
        world.directory(next);
        terminateUnusable(now);
        if (!before.account().slug().equals(next.account().slug())) {
            sessions.joinedGateways().forEach(g -> pushGatewayInit(g, now));
        }
        reconciler.handleDirectory(before, now);
        audit.simple(AuditEvent.Kind.DIRECTORY_CHANGED, now.unixSeconds(), "");
    }

    private void terminateUnusable(Moment now) {
        for (var session : sessions.all()) {
            var token = world.directory().token(session.token().id());
            boolean same =
                    token.isPresent()
                            && token.get().hash().equals(session.token().hash())
                            && token.get().ownerId().equals(session.token().ownerId())
                            && token.get().type() == session.token().type();
            if (!same || !Admissions.isUsable(token.get(), world.directory(), now.unixSeconds())) {
                terminate(session, now);
            } else if (token.get().expiresAt() != session.token().expiresAt()) {
                close(session, "token has another expiry", now); // comes back with the new one
            }
        }
    }

    /// Peers on v2 paths and relays are told; the others come back and get a 401.
    private void terminate(Session session, Moment now) {
        if (session.endpoint().isV2() || session instanceof Session.Relay) {
            outbox.push(session, "disconnect", Payloads.terminated());
        }
        close(session, "token is gone", now);
    }

    public void handleTimeout(long nowNs) {
        var now = at(nowNs);
        flows.handleTimeout(now);
        relays.handleTimeout(nowNs);
        audit.handleTimeout(nowNs);
        if (nowNs >= scanAtNs) {
            scanAtNs = nowNs + SCAN_NS;
            scanSessions(now);
        }
        if (nowNs >= tickAtNs) {
            tickAtNs = nowNs + TICK_NS;
            reconciler.handleTick(now);
        }
    }

    private void scanSessions(Moment now) {
        for (var session : sessions.all()) {
            if (session.token().expiresAt() <= now.unixSeconds()) {
                terminate(session, now);
            } else if (session.isSilentAt(now.nowNs())) {
                close(session, "silent for too long", now);
            }
        }
    }

    /// The portal ends: what was counted and not yet written is written.
    public void handleStop() {
        audit.handleStop();
    }

    /// The next `nowNs` at which [#handleTimeout] has work.
    public long pollTimeout() {
        long own = Math.min(Math.min(scanAtNs, tickAtNs), audit.pollTimeout());
        return Math.min(own, Math.min(flows.pollTimeout(), relays.pollTimeout()));
    }

    /// Returns the next action, or null when there is none.
    public HubAction pollAction() {
        return outbox.poll();
    }

    /// Takes an authorization away; with `block` the client is denied the resource from then on.
    public boolean revoke(String authorizationId, boolean block, long nowNs) {
        var now = at(nowNs);
        var found = authorizations.find(authorizationId);
        if (found.isEmpty()) {
            return false;
        }
        var authorization = found.get();
        if (block) {
            var denial = new Block(authorization.clientId(), authorization.resourceId());
            world.block(denial);
            outbox.add(new HubAction.SaveBlock(denial));
            audit.about(AuditEvent.Kind.CLIENT_BLOCKED, authorization, now.unixSeconds(), "by API");
            reconciler.handleClient(
                    denial.clientId(),
                    a -> a.resourceId().equals(denial.resourceId()),
                    "blocked by an administrator",
                    now);
        } else {
            reconciler.revoke(authorization, "revoked by an administrator", now);
        }
        return true;
    }

    public boolean unblock(Block block, long nowNs) {
        var now = at(nowNs);
        if (!world.unblock(block)) {
            return false;
        }
        outbox.add(new HubAction.DeleteBlock(block));
        audit.simple(
                AuditEvent.Kind.CLIENT_UNBLOCKED,
                now.unixSeconds(),
                block.clientId() + " " + block.resourceId());
        reconciler.handleClient(block.clientId(), _ -> false, "", now);
        return true;
    }

    public boolean disable(String resourceId, boolean disabled, long nowNs) {
        var now = at(nowNs);
        var before = world.directory();
        if (before.resource(resourceId).isEmpty()) {
            return false;
        }
        world.disable(resourceId, disabled);
        outbox.add(new HubAction.SaveDisabled(resourceId, disabled));
        audit.simple(
                disabled ? AuditEvent.Kind.RESOURCE_DISABLED : AuditEvent.Kind.RESOURCE_ENABLED,
                now.unixSeconds(),
                resourceId);
        reconciler.handleDirectory(before, now);
        return true;
    }

    /// Sets whether an administrator vouches for the client; what hung on it is taken away.
    public boolean verify(String clientId, boolean verified, long nowNs) {
        var now = at(nowNs);
        var device = devices.find(clientId).filter(d -> d.role() == Role.CLIENT);
        if (device.isEmpty()) {
            return false;
        }
        devices.put(device.get().withVerified(verified));
        outbox.add(new HubAction.SaveDevice(device.get().withVerified(verified)));
        sessions.joinedClient(clientId).ifPresent(c -> c.verified(verified));
        audit.simple(
                verified ? AuditEvent.Kind.CLIENT_VERIFIED : AuditEvent.Kind.CLIENT_UNVERIFIED,
                now.unixSeconds(),
                clientId);
        reconciler.handleClient(
                clientId,
                a -> !verified && reconciler.dependsOnVerification(a),
                "client is not verified",
                now);
        return true;
    }

    public Directory directory() {
        return world.directory();
    }

    public boolean isDisabled(String resourceId) {
        return world.isDisabled(resourceId);
    }

    public List<Authorization> authorizations() {
        return authorizations.all();
    }

    public List<Block> blocks() {
        return world.blocks();
    }

    public List<Device> devices() {
        return List.copyOf(devices.all());
    }

    public int sessionCount() {
        return sessions.size();
    }

    public List<Connection> connections() {
        return sessions.all().stream().map(this::connection).toList();
    }

    private Connection connection(Session session) {
        var identity = session.identity();
        var owner = identity.token().ownerId();
        Function<String, String> ownerName =
                id ->
                        switch (session) {
                            case Session.Gateway _ ->
                                    directory().site(id).map(Directory.Site::name).orElse("");
                            case Session.Client _ ->
                                    directory().actor(id).map(Directory.Actor::name).orElse("");
                            case Session.Relay _ -> "";
                        };
        boolean relay = session instanceof Session.Relay;
        var addresses = new ArrayList<String>();
        if (relay) {
            identity.relay().ipv4().map(IpAddress::toString).ifPresent(addresses::add);
            identity.relay().ipv6().map(IpAddress::toString).ifPresent(addresses::add);
        } else {
            addresses.add(session.device().ipv4());
            addresses.add(session.device().ipv6());
        }
        return new Connection(
                session.topic(),
                idOf(session),
                relay ? identity.name() : session.device().name(),
                ownerName.apply(owner),
                identity.component(),
                identity.versionText(),
                identity.endpoint().name(),
                identity.remoteIp().toString(),
                addresses,
                session.isJoined());
    }
}
