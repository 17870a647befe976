package dev.gatehouse.portal.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.hub.admission.UpgradeRequest;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.wire.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Drives a hub in virtual time and keeps what each session was sent.
final class HubDriver {
    static final String GATEWAY_TOKEN = ".gw.secret";
    static final String RELAY_TOKEN = ".rl.secret";
    static final String CLIENT_TOKEN = ".cl.secret";

    /// A Monday.
    static final Instant START = Instant.parse("2026-11-23T10:00:00Z");

    final Map<Long, Queue<JsonNode>> sent = new TreeMap<>();
    final List<Long> closed = new ArrayList<>();
    final List<Long> resumed = new ArrayList<>();
    final List<AuditEvent> audit = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    final Map<Role, String> deviceIds = new TreeMap<>();
    private final PortalHub hub;
    private long nowNs;
    private long nextId = 1;

    HubDriver(Directory directory) {
        this(HubState.of(directory));
    }

    /// A portal that starts with what an earlier one stored.
    HubDriver(HubState state) {
        this(state, PlaceLimits.DEFAULT);
    }

    HubDriver(HubState state, PlaceLimits limits) {
        hub =
                new PortalHub(
                        state,
                        new SplittableRandom(42),
                        limits,
                        TimeUnit.SECONDS.toNanos(START.getEpochSecond()));
    }

    long met(Limit limit) {
        return hub.counters().of(limit);
    }

    PortalHub hub() {
        return hub;
    }

    long nowNs() {
        return nowNs;
    }

    /// Lets time pass from one due timer to the next.
    void advance(Duration duration) {
        long until = nowNs + duration.toNanos();
        while (hub.pollTimeout() <= until) {
            nowNs = Math.max(nowNs, hub.pollTimeout());
            hub.handleTimeout(nowNs);
            serve();
        }
        nowNs = until;
    }

    Admission ask(ChannelEndpoint endpoint, String agent, Map<String, String> query) {
        return ask(endpoint, agent, "", query);
    }

    private Admission ask(
            ChannelEndpoint endpoint,
            String agent,
            String authorization,
            Map<String, String> query) {
        return hub.handleUpgrade(
                new UpgradeRequest(
                        endpoint,
                        query,
                        authorization,
                        agent,
                        IpAddress.parse("198.51.100.7"),
                        Location.UNKNOWN),
                nowNs);
    }

    long open(ChannelEndpoint endpoint, String agent, Map<String, String> query) {
        return open(endpoint, agent, "", query);
    }

    long open(
            ChannelEndpoint endpoint,
            String agent,
            String authorization,
            Map<String, String> query) {
        var accepted = (Admission.Accepted) ask(endpoint, agent, authorization, query);
        long id = nextId++;
        sent.put(id, new ArrayDeque<>());
        hub.handleOpened(id, accepted.identity(), nowNs);
        drain();
        return id;
    }

    long gateway(ChannelEndpoint endpoint, String version, int key) {
        long id =
                open(
                        endpoint,
                        "Debian/12.0.0 gateway/" + version + " (x86_64)",
                        query(GATEWAY_TOKEN, "gw" + key, key));
        text(id, "gateway", "phx_join", null);
        return id;
    }

    long client(ChannelEndpoint endpoint, String version, int key) {
        long id =
                open(
                        endpoint,
                        "Debian/12.0.0 headless-client/" + version + " (x86_64)",
                        query(CLIENT_TOKEN, "cl" + key, key));
        text(id, "client", "phx_join", null);
        return id;
    }

    long relay(String ipv4, String secret) {
        long id =
                open(
                        ChannelEndpoint.RELAY,
                        "Debian/12.0.0 relay/0.1.0 (x86_64)",
                        Map.of("token", RELAY_TOKEN, "ipv4", ipv4, "port", "3478"));
        var payload = JsonNodeFactory.instance.objectNode().put("stamp_secret", secret);
        text(id, "relay", "phx_join", payload);
        return id;
    }

    static Map<String, String> query(String token, String externalId, int key) {
        var query = new LinkedHashMap<String, String>();
        query.put("token", token);
        query.put("external_id", externalId);
        query.put("name", externalId);
        query.put("public_key", key(key));
        return query;
    }

    static String key(int seed) {
        var bytes = new byte[32];
        bytes[0] = (byte) seed;
        bytes[1] = (byte) (seed >> 8);
        return Base64.getEncoder().encodeToString(bytes);
    }

    void text(long session, String topic, String event, JsonNode payload) {
        raw(session, frame(topic, event, payload));
    }

    static String frame(String topic, String event, JsonNode payload) {
        var frame = JsonNodeFactory.instance.objectNode().put("topic", topic).put("event", event);
        frame.set("payload", payload == null ? JsonNodeFactory.instance.nullNode() : payload);
        frame.put("ref", 7);
        return frame.toString();
    }

    void raw(long session, String text) {
        hub.offer(session, text, nowNs);
        serve();
    }

    /// Lets a frame wait for its turn.
    boolean offer(long session, String topic, String event, JsonNode payload) {
        return hub.offer(session, frame(topic, event, payload), nowNs);
    }

    /// Serves one frame.
    boolean serveOne() {
        boolean served = hub.serve(nowNs);
        drain();
        return served;
    }

    /// Serves whoever may be served now.
    void serve() {
        while (hub.serve(nowNs)) {
            drain();
        }
        drain();
    }

    void request(long client, String event, String resourceId, String... connected) {
        var payload = JsonNodeFactory.instance.objectNode().put("resource_id", resourceId);
        var list = payload.putArray("connected_gateway_ids");
        for (String id : connected) {
            list.add(id);
        }
        text(client, "client", event, payload);
    }

    /// Answers the newest request a gateway got.
    void consent(long gateway, String event, String ref) {
        text(gateway, "gateway", event, JsonNodeFactory.instance.objectNode().put("ref", ref));
    }

    void apply(Directory directory) {
        hub.handleDirectory(directory, nowNs);
        drain();
    }

    void close(long session) {
        hub.handleClosed(session, nowNs);
        drain();
    }

    void drain() {
        for (var action = hub.pollAction(); action != null; action = hub.pollAction()) {
            switch (action) {
                case HubAction.Send(long id, var frame, _) -> sent.get(id).add(frame);
                case HubAction.Close(long id, _) -> closed.add(id);
                case HubAction.Resume(long id) -> resumed.add(id);
                case HubAction.Audit(var event) -> audit.add(event);
                case HubAction.Report(var sentence) -> said.add(sentence);
                case HubAction.SaveDevice(var device) -> deviceIds.put(device.role(), device.id());
                default -> {} // what the store is told
            }
        }
    }

    /// The events a session was sent since the last call.
    List<String> events(long session) {
        var events = new ArrayList<String>();
        for (var frame = poll(session); frame != null; frame = poll(session)) {
            events.add(frame.get("event").asText());
        }
        return events;
    }

    JsonNode poll(long session) {
        return sent.get(session).poll();
    }

    /// The payload of the last frame; forgets the ones before.
    JsonNode last(long session) {
        JsonNode last = null;
        for (var frame = poll(session); frame != null; frame = poll(session)) {
            last = frame;
        }
        return last == null ? null : last.get("payload");
    }

    static String hash(String token) {
        return PeerSecrets.tokenHash(token);
    }
}
