package dev.gatehouse.portal.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.admission.Admissions;
import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.hub.admission.Places;
import dev.gatehouse.portal.hub.admission.UpgradeRequest;
import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.authorization.AuthorizationTable;
import dev.gatehouse.portal.hub.authorization.CandidateDesk;
import dev.gatehouse.portal.hub.authorization.FlowBroker;
import dev.gatehouse.portal.hub.authorization.Reconciler;
import dev.gatehouse.portal.hub.authorization.World;
import dev.gatehouse.portal.hub.channel.ChannelText;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.device.DeviceRows;
import dev.gatehouse.portal.hub.device.Devices;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.limit.LimitCounters;
import dev.gatehouse.portal.hub.limit.Quota;
import dev.gatehouse.portal.hub.limit.Quotas;
import dev.gatehouse.portal.hub.relay.RelayDesk;
import dev.gatehouse.portal.hub.session.Connection;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.hub.session.Turns;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Block;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// The whole portal between the sockets and the store. Sans-IO: after every call, the shell
/// executes [#pollAction] until it is null, then waits for [#pollTimeout].
///
/// Not thread-safe: owned by one event loop.
public final class PortalHub {
    private static final long SCAN_NS = Duration.ofSeconds(1).toNanos();
    private static final long TICK_NS = Duration.ofSeconds(60).toNanos();
    private static final long REFUSED_AFTER_FLOOD_NS = Duration.ofSeconds(30).toNanos();
    private static final int LAST_WORDS_MAX = 32;
    private static final int STAMP_LENGTH_MAX = 255;

    private final long unixOriginNs;
    private final Outbox outbox = new Outbox();
    private final Sessions sessions = new Sessions();
    private final LimitCounters counters = new LimitCounters();
    private final Turns turns = new Turns(counters);
    private final Quotas quotas = new Quotas();
    private final Devices devices;
    private final Places places;
    private final DeviceRows rows;
    private final World world;
    private final AuthorizationTable authorizations;
    private final AuditTrail audit;
    private final RelayDesk relays;
    private final FlowBroker flows;
    private final Reconciler reconciler;
    private final PeerEvents events;
    private final Joins joins;
    private final Administration administration;
    private long scanAtNs = SCAN_NS;
    private long tickAtNs = TICK_NS;

    /// @param unixOriginNs unix time in ns at `nowNs` 0
    public PortalHub(
            HubState state, RandomGenerator random, PlaceLimits limits, long unixOriginNs) {
        this.unixOriginNs = unixOriginNs;
        this.devices = new Devices(state.devices(), random);
        this.places = new Places(limits, sessions, devices);
        this.world = new World(state.directory(), state.disabledResources(), state.blocks());
        this.authorizations = new AuthorizationTable(state.authorizations(), outbox);
        this.audit = new AuditTrail(outbox, world::directory, devices::find);
        this.relays = new RelayDesk(sessions, outbox, random);
        this.flows = new FlowBroker(sessions, authorizations, world, outbox, audit, random);
        var candidates = new CandidateDesk(sessions, authorizations, outbox, counters);
        this.events = new PeerEvents(flows, candidates, relays, outbox, counters);
        this.reconciler = new Reconciler(sessions, authorizations, world, flows, outbox, audit);
        this.joins = new Joins(authorizations, world, reconciler, relays, outbox, audit);
        this.administration =
                new Administration(sessions, devices, world, reconciler, outbox, audit);
        Predicate<Device> isKept = d -> authorizations.isHeldBy(d) || world.isBlocked(d.id());
        this.rows = new DeviceRows(limits.deviceExpiry(), devices, sessions, isKept, outbox, audit);
        reconciler.handleStart(at(0));
    }

    private Moment at(long nowNs) {
        return new Moment(nowNs, Math.floorDiv(unixOriginNs + nowNs, 1_000_000_000L));
    }

    /// Judges an upgrade; nothing is changed before [#handleOpened].
    public Admission handleUpgrade(UpgradeRequest request, long nowNs) {
        var now = at(nowNs);
        var verdict = Admissions.check(request, world.directory(), devices, now.unixSeconds());
        if (verdict instanceof Admission.Accepted(var peer) && isRefusedAfterFlood(peer, nowNs)) {
            counters.met(Limit.UPGRADE_AFTER_FLOOD);
            return new Admission.Refused(503, "too_many_messages", "try again later");
        }
        return places.judge(verdict, nowNs);
    }

    private boolean isRefusedAfterFlood(Identity peer, long nowNs) {
        return devices.find(peer).flatMap(d -> quotas.find(d.id())).stream()
                .anyMatch(q -> q.isRefused(nowNs));
    }

    /// An upgrade was refused.
    ///
    /// @param code what the peer was told
    public void handleRefused(Role role, String code, long nowNs) {
        audit.refused(role, code, at(nowNs));
    }

    /// The WebSocket of an accepted peer is open. The newest connection of a device wins.
    public void handleOpened(long sessionId, Identity peer, long nowNs) {
        var now = at(nowNs);
        if (!world.directory().isUsable(peer.token(), now.unixSeconds())) {
            outbox.add(new HubAction.Close(sessionId, "token is gone"));
            return;
        }
        if (places.lack(peer).isPresent()) { // others were quicker
            outbox.add(new HubAction.Close(sessionId, "no place is left"));
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
        var role = peer.endpoint().role();
        var quota = quotas.take(device.get().id(), role);
        open(
                role == Role.GATEWAY
                        ? new Session.Gateway(sessionId, peer, quota, device.get(), nowNs)
                        : new Session.Client(sessionId, peer, quota, device.get(), nowNs),
                now);
    }

    private void open(Session session, Moment now) {
        sessions.add(session);
        places.handleOpened(session);
        audit.presence(AuditEvent.Kind.CONNECTED, now, describe(session));
    }

    private static String describe(Session session) {
        String name = session.identity().name();
        String id = session instanceof Session.Relay ? "" : " " + session.device().id();
        return session.topic() + id + " " + name;
    }

    /// The peer's WebSocket is closed, by whomever.
    public void handleClosed(long sessionId, long nowNs) {
        sessions.find(sessionId).ifPresent(s -> hearOut(s, at(nowNs)));
        sessions.find(sessionId).ifPresent(s -> gone(s, "the connection ended", at(nowNs)));
    }

    /// What a peer sends before it goes may matter to others.
    private void hearOut(Session session, Moment now) {
        for (int i = 0; i < LAST_WORDS_MAX && sessions.find(session.id()).isPresent(); i++) {
            String text = turns.takeLast(session, now.nowNs());
            if (text == null) {
                return;
            }
            handleText(session, text, now);
        }
    }

    private void close(Session session, String reason, Moment now) {
        outbox.add(new HubAction.Close(session.id(), reason));
        gone(session, reason, now);
    }

    private void gone(Session session, String reason, Moment now) {
        sessions.remove(session);
        turns.forget(session);
        if (!(session instanceof Session.Relay)) {
            quotas.keep(session.device().id(), session.quota());
        }
        places.handleGone(session);
        if (session instanceof Session.Client client) {
            audit.handleGone(client.device().id());
        }
        if (session.isJoined()) {
            audit.say(
                    "%s %s is gone: %s"
                            .formatted(session.topic(), Connection.idOf(session), reason));
        }
        flows.forget(session);
        if (session instanceof Session.Relay && session.isJoined()) {
            relays.handleChange(now.nowNs());
        }
        audit.presence(AuditEvent.Kind.DISCONNECTED, now, describe(session));
    }

    /// One text frame of a peer, for [#serve].
    ///
    /// @return false if the shell must read no more of this session until [HubAction.Resume]
    public boolean offer(long sessionId, String text, long nowNs) {
        var session = sessions.find(sessionId);
        return session.isEmpty() || !turns.offer(session.get(), text, nowNs);
    }

    /// Handles one frame of the session whose turn it is. Returns false if nobody may be served
    /// now: the next time is [#pollTimeout].
    public boolean serve(long nowNs) {
        var session = turns.next(nowNs);
        if (session == null) {
            return false;
        }
        var now = at(nowNs);
        if (turns.isFlood(session, nowNs)) {
            cutOff(session, now);
            return true;
        }
        handleText(session, turns.take(session), now);
        boolean isThere = sessions.find(session.id()).isPresent();
        if (isThere && turns.handleServed(session, nowNs)) {
            outbox.add(new HubAction.Resume(session.id()));
        }
        return true;
    }

    /// Whether [#serve] has something to do.
    public boolean hasTurn(long nowNs) {
        return turns.hasReady() || turns.pollTimeout() <= nowNs;
    }

    /// While the store is behind no request is judged: none may be granted that a portal which is
    /// killed would forget. Clients ask again after 2 s.
    public void handleStore(boolean isBehind) {
        events.handleStore(isBehind);
    }

    /// Whether it is time to look at all sessions: once a second.
    public boolean isScanDue(long nowNs) {
        return nowNs >= scanAtNs;
    }

    private void cutOff(Session session, Moment now) {
        counters.met(Limit.FLOOD);
        session.quota().refuseUntil(now.nowNs() + REFUSED_AFTER_FLOOD_NS);
        audit.simple(AuditEvent.Kind.FLOOD, now.unixSeconds(), describe(session));
        audit.say("%s %s sends too much".formatted(session.topic(), Connection.idOf(session)));
        close(session, "sends too much", now);
    }

    /// Whether the peer takes what it is sent; who does not is not served meanwhile.
    public void handleReading(long sessionId, boolean reads, long nowNs) {
        sessions.find(sessionId).ifPresent(s -> turns.handleReading(s, reads, nowNs));
    }

    /// The shell cannot go on with this session.
    ///
    /// @param reason in words for the log
    public void handleLimit(long sessionId, Limit limit, String reason, long nowNs) {
        sessions.find(sessionId)
                .ifPresent(
                        session -> {
                            counters.met(limit);
                            close(session, reason, at(nowNs));
                        });
    }

    private void handleText(Session session, String text, Moment now) {
        session.quota().spend(Quota.work(text.length(), 1), now.nowNs());
        switch (ChannelText.parse(text)) {
            case ChannelText.Frame(var frame) -> dispatch(session, frame, now);
            case ChannelText.TooLong() -> {
                counters.met(Limit.MESSAGE_LENGTH);
                close(session, "frame is too long", now);
            }
            case ChannelText.Malformed() -> {
                counters.met(Limit.MALFORMED);
                close(session, "undecodable frame", now);
            }
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
                case Session.Gateway gateway -> events.handle(gateway, frame, now);
                case Session.Client client -> events.handle(client, frame, now);
                case Session.Relay _ -> outbox.replyError(session, topic, ref, "unknown_message");
            }
        }
    }

    /// A second join ends the channel of the first one and begins another, as Phoenix does it.
    private void join(Session session, JsonNode frame, Moment now) {
        if (!session.quota().takeJoin(now.nowNs())) {
            counters.met(Limit.JOINS);
            close(session, "joins again and again", now);
            return;
        }
        var ref = frame.get("ref");
        outbox.push(session, "phx_close", Payloads.empty());
        switch (session) {
            case Session.Gateway gateway -> joins.handle(gateway, ref, now);
            case Session.Client client -> joins.handle(client, ref, now);
            case Session.Relay relay -> joinRelay(relay, frame, now);
        }
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
        joins.handle(relay, frame.get("ref"), now);
    }

    /// The file changed and is valid.
    public void handleDirectory(Directory next, long nowNs) {
        var now = at(nowNs);
        var before = world.directory();
        world.directory(next);
        places.handleDirectory(id -> next.token(id).isPresent());
        terminateUnusable(now);
        if (!before.account().slug().equals(next.account().slug())) {
            sessions.joinedGateways().forEach(g -> joins.pushInit(g, now));
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
            if (!same || !world.directory().isUsable(token.get(), now.unixSeconds())) {
                terminate(session, now);
            } else if (token.get().expiresAt() != session.token().expiresAt()) {
                close(session, "token has another expiry", now); // comes back with the new one
            }
        }
    }

    /// Peers on v2 paths and relays are told; the others come back and get a 401.
    private void terminate(Session session, Moment now) {
        if (session.endpoint().isV2() || session instanceof Session.Relay) {
            outbox.push(session, "disconnect", Payloads.empty().put("reason", "token_expired"));
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
        reconciler.handleTimeout(now);
        rows.handleTimeout(now);
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
        long others =
                Math.min(
                        Math.min(turns.pollTimeout(), relays.pollTimeout()),
                        reconciler.pollTimeout());
        return Math.min(own, Math.min(flows.pollTimeout(), others));
    }

    /// Returns the next action, or null when there is none.
    public HubAction pollAction() {
        return outbox.poll();
    }

    /// Takes an authorization away; with `block` the client is denied the resource from then on.
    /// Returns false if there is none with this id.
    public boolean revoke(String authorizationId, boolean block, long nowNs) {
        var found = authorizations.find(authorizationId);
        found.ifPresent(a -> administration.revoke(a, block, at(nowNs)));
        return found.isPresent();
    }

    public boolean unblock(Block block, long nowNs) {
        return administration.unblock(block, at(nowNs));
    }

    public boolean disable(String resourceId, boolean disabled, long nowNs) {
        return administration.disable(resourceId, disabled, at(nowNs));
    }

    /// Sets whether an administrator vouches for the client; what hung on it is taken away.
    public boolean verify(String clientId, boolean verified, long nowNs) {
        return administration.verify(clientId, verified, at(nowNs));
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

    public LimitCounters counters() {
        return counters;
    }

    public int authorizationCount() {
        return authorizations.size();
    }

    public int joinedCount(Role role) {
        return switch (role) {
            case GATEWAY -> sessions.joinedGateways().size();
            case CLIENT -> sessions.joinedClients().size();
            case RELAY -> sessions.joinedRelays().size();
        };
    }

    public List<Connection> connections() {
        return sessions.all().stream().map(s -> Connection.of(s, directory())).toList();
    }
}
