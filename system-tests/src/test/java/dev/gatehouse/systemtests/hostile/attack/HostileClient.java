package dev.gatehouse.systemtests.hostile.attack;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.systemtests.hostile.site.Place;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// A client with a good token, a real tunnel and no manners.
final class HostileClient implements Attacker.Role {
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long LOGIN_NS = TimeUnit.SECONDS.toNanos(30); // a machine that is busy
    private static final long LOOK_EVERY_NS = 5_000_000;
    private static final String EXTERNAL_ID = "hostile";

    private final KeyPair keys = KeyPair.generate(new SecureRandom());
    private final Map<String, String> resources = new HashMap<>(); // ids by name; under `this`
    private volatile JsonNode init;
    private volatile String gatewayId = "";
    private volatile String gatewayKey = "";
    private volatile IpAddress gatewayV4 = IpAddress.ANY_V4;
    private volatile Consumer<byte[]> listener = _ -> {};
    private final TunnelEnd tunnel =
            new TunnelEnd(true, keys, (_, packet) -> listener.accept(packet), this::handleEvent);
    private RawChannel channel; // replaced when the portal has had enough

    private HostileClient() throws IOException {}

    /// Logs in, is granted the honest gateway's networks and has a tunnel to it.
    static HostileClient logIn() throws IOException {
        var client = new HostileClient();
        client.channel();
        client.connect(LOGIN_NS);
        return client;
    }

    @Override
    public List<Input> inputs() {
        return ClientInputs.all(this);
    }

    /// The channel, a new one if the portal has closed the last.
    RawChannel channel() throws IOException {
        if (channel == null || !channel.isOpen()) {
            channel =
                    RawChannel.join(
                            RawChannel.Kind.CLIENT,
                            token(),
                            EXTERNAL_ID,
                            keys.publicKey().toBase64(),
                            this::handleMessage);
            await("init", LOGIN_NS, () -> init != null);
        }
        return channel;
    }

    static String token() {
        return Place.token("hostile-client");
    }

    /// Sees to it that packets reach the gateway.
    void connect() throws IOException {
        connect(WAIT_NS);
    }

    private void connect(long limitNs) throws IOException {
        if (!gatewayId.isEmpty() && tunnel.hasPath(gatewayId)) {
            return;
        }
        for (var name : List.of("IPv4", "Names", "Evil")) {
            channel().say("create_flow", flow(resource(name)));
        }
        await("a path", limitNs, () -> !gatewayId.isEmpty() && tunnel.hasPath(gatewayId));
    }

    /// Has no connection any more; the next one is as new.
    void forgetGateway() {
        var id = gatewayId;
        gatewayId = "";
        tunnel.post((node, nowNs) -> node.closeConnection(id, nowNs));
    }

    /// A condition that asks somebody.
    private interface Condition {
        boolean isMet() throws IOException;
    }

    private static void await(String what, long limitNs, Condition condition) throws IOException {
        long untilNs = System.nanoTime() + limitNs;
        while (!condition.isMet()) {
            if (System.nanoTime() > untilNs) {
                throw new IOException("there is never " + what);
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
    }

    static String flow(String resourceId) {
        return "{\"resource_id\":\"%s\",\"connected_gateway_ids\":[]}".formatted(resourceId);
    }

    synchronized String resource(String name) {
        return resources.get(name);
    }

    synchronized List<String> resourceIds() {
        return List.copyOf(resources.values());
    }

    String gatewayId() {
        return gatewayId;
    }

    PublicKey gatewayKey() {
        return PublicKey.ofBase64(gatewayKey);
    }

    IpAddress gatewayV4() {
        return gatewayV4;
    }

    /// The relay's entry of `init`.
    JsonNode relay() {
        return init.path("relays").path(0);
    }

    IpAddress v4() {
        return IpAddress.parse(init.path("interface").path("ipv4").asText());
    }

    IpAddress v6() {
        return IpAddress.parse(init.path("interface").path("ipv6").asText());
    }

    /// Sends an IP packet through the tunnel.
    void send(byte[] packet) throws IOException {
        tunnel.send(gatewayId, packet);
    }

    void control(P2pEvent event) throws IOException {
        var out = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        int length = P2pControl.encode(event, out, 0);
        send(Arrays.copyOf(out.array(), length));
    }

    /// @param other gets packets from the gateway, on the tunnel's thread
    void listen(Consumer<byte[]> other) {
        listener = other;
    }

    private void handleMessage(JsonNode message) {
        var payload = message.path("payload");
        switch (message.path("event").asText()) {
            case "init" -> handleInit(payload);
            case "flow_created" -> handleFlow(payload);
            case "ice_candidates" ->
                    payload.path("candidates").forEach(c -> addCandidate(payload, c.asText()));
            default -> {} // whatever it says
        }
    }

    private synchronized void handleInit(JsonNode payload) {
        payload.path("resources")
                .forEach(r -> resources.put(r.path("name").asText(), r.path("id").asText()));
        init = payload;
        var relays = relays(payload.path("relays"));
        tunnel.post((node, nowNs) -> node.updateRelays(Set.of(), relays, nowNs));
    }

    static List<RelayInfo> relays(JsonNode entries) {
        var relays = new java.util.ArrayList<RelayInfo>();
        for (var entry : entries) {
            relays.add(
                    new RelayInfo(
                            entry.path("id").asText(),
                            List.of(Endpoint.parse(entry.path("addr").asText())),
                            entry.path("username").asText(),
                            entry.path("password").asText()));
        }
        return relays;
    }

    /// Flows of the hostile gateway's site are left alone.
    private void handleFlow(JsonNode flow) {
        if (flow.path("resource_id").asText().equals(resource("There"))) {
            return;
        }
        gatewayId = flow.path("gateway_id").asText();
        gatewayKey = flow.path("gateway_public_key").asText();
        gatewayV4 = IpAddress.parse(flow.path("gateway_ipv4").asText());
        var psk = flow.path("preshared_key").asText();
        var own = credentials(flow.path("client_ice_credentials"));
        var its = credentials(flow.path("gateway_ice_credentials"));
        var key = gatewayKey();
        var id = gatewayId;
        tunnel.post(
                (node, nowNs) ->
                        node.upsertConnection(
                                id, key, PresharedKey.ofBase64(psk), own, its, nowNs));
    }

    static IceCredentials credentials(JsonNode json) {
        return new IceCredentials(json.path("username").asText(), json.path("password").asText());
    }

    private void addCandidate(JsonNode payload, String candidate) {
        var id = payload.path("gateway_id").asText();
        tunnel.post((node, nowNs) -> node.addRemoteCandidate(id, candidate, nowNs));
    }

    private void handleEvent(TunnelEnd end, NodeEvent event) {
        if (event instanceof NodeEvent.LocalCandidate(var peerId, var sdp)) {
            Thread.ofVirtual().start(() -> signal(peerId, List.of(sdp)));
        }
    }

    private void signal(String gateway, List<String> candidates) {
        try {
            channel.say("broadcast_ice_candidates", candidates(List.of(gateway), candidates));
        } catch (IOException _) {
            // the portal has hung up: an input saw to that
        }
    }

    static String candidates(List<String> gateways, List<String> candidates) {
        return "{\"gateway_ids\":[\"%s\"],\"candidates\":[\"%s\"]}"
                .formatted(String.join("\",\"", gateways), String.join("\",\"", candidates));
    }

    @Override
    public void close() {
        tunnel.close();
        channel.close();
    }
}
