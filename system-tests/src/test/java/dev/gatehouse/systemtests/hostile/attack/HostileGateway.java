package dev.gatehouse.systemtests.hostile.attack;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.systemtests.hostile.attack.Input.Effort;
import dev.gatehouse.systemtests.hostile.site.Place;
import dev.gatehouse.testkit.Fragments;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
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
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/// The gateway of another site of the honest client, with a good token and a real tunnel.
final class HostileGateway implements Attacker.Role {
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_EVERY_NS = 5_000_000;
    private static final int PACKETS = 20_000; // in one input
    private static final int MESSAGES = 200;
    private static final int PAYLOAD_MAX = 1_200;
    private static final Endpoint OTHERS =
            new Endpoint(IpAddress.parse(Place.RESOURCE), Place.ECHO);
    private static final Endpoint OWN =
            new Endpoint(IpAddress.parse(Place.EVIL_RESOURCE), Place.ECHO);

    private final KeyPair keys = KeyPair.generate(new SecureRandom());
    private final TunnelEnd tunnel = new TunnelEnd(false, keys, (_, _) -> {}, this::handleEvent);
    private volatile String clientId = "";
    private volatile IpAddress clientV4 = IpAddress.ANY_V4;
    private volatile IpAddress clientV6 = IpAddress.ANY_V6;
    private RawChannel channel; // replaced when the portal has had enough

    private HostileGateway() throws IOException {}

    /// Waits until the honest client wants something of it.
    static HostileGateway logIn() throws IOException {
        var gateway = new HostileGateway();
        gateway.channel();
        long untilNs = System.nanoTime() + WAIT_NS;
        while (gateway.clientId.isEmpty() || !gateway.tunnel.hasPath(gateway.clientId)) {
            if (System.nanoTime() > untilNs) {
                throw new IOException("no client comes");
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
        return gateway;
    }

    @Override
    public List<Input> inputs() {
        return List.of(
                new Input("packets-of-others", e -> flood(e, i -> udp(OTHERS, i))),
                new Input("packets-of-anybody", e -> flood(e, i -> udp(anybody(e), i))),
                new Input("packets-for-others", e -> flood(e, i -> forOthers(e))),
                new Input("own-packets", e -> flood(e, i -> udp(OWN, i))),
                new Input("resets", e -> flood(e, this::reset)),
                new Input("icmp-errors", e -> flood(e, this::icmpError)),
                new Input("fragments", e -> flood(e, this::fragment)),
                new Input("bad-control", e -> flood(e, i -> badControl(e, i))),
                new Input("name-states", e -> flood(e, this::nameState)),
                new Input("known-candidates", e -> candidates(e, false)),
                new Input("new-candidates", e -> candidates(e, true)),
                new Input("repeated-client", this::repeatedClient),
                new Input("bad-answers", this::badAnswers),
                new Input("bad-json", this::badJson));
    }

    private synchronized RawChannel channel() throws IOException {
        if (channel == null || !channel.isOpen()) {
            channel =
                    RawChannel.join(
                            RawChannel.Kind.GATEWAY,
                            Place.token("hostile-gateway"),
                            "hostile-gateway",
                            keys.publicKey().toBase64(),
                            this::handleMessage);
        }
        return channel;
    }

    private void handleMessage(JsonNode message) {
        var payload = message.path("payload");
        switch (message.path("event").asText()) {
            case "init" -> {
                var relays = HostileClient.relays(payload.path("relays"));
                tunnel.post((node, nowNs) -> node.updateRelays(Set.of(), relays, nowNs));
            }
            case "authorize_flow" -> handleFlow(payload);
            case "ice_candidates" ->
                    payload.path("candidates").forEach(c -> addCandidate(payload, c.asText()));
            default -> {} // whatever it says
        }
    }

    private void handleFlow(JsonNode flow) {
        var client = flow.path("client");
        var id = client.path("id").asText();
        var key = PublicKey.ofBase64(client.path("public_key").asText());
        var psk = PresharedKey.ofBase64(client.path("preshared_key").asText());
        var its = HostileClient.credentials(flow.path("client_ice_credentials"));
        var own = HostileClient.credentials(flow.path("gateway_ice_credentials"));
        say("flow_authorized", "{\"ref\":\"%s\"}".formatted(flow.path("ref").asText()));
        clientV4 = IpAddress.parse(client.path("ipv4").asText());
        clientV6 = IpAddress.parse(client.path("ipv6").asText());
        clientId = id;
        tunnel.post((node, nowNs) -> node.upsertConnection(id, key, psk, own, its, nowNs));
    }

    private void addCandidate(JsonNode payload, String candidate) {
        var id = payload.path("client_id").asText();
        tunnel.post((node, nowNs) -> node.addRemoteCandidate(id, candidate, nowNs));
    }

    private void handleEvent(TunnelEnd end, NodeEvent event) {
        if (event instanceof NodeEvent.LocalCandidate(var peerId, var sdp)) {
            Thread.ofVirtual()
                    .start(
                            () ->
                                    say(
                                            "broadcast_ice_candidates",
                                            toClients(List.of(peerId), List.of(sdp))));
        }
    }

    private void say(String event, String payload) {
        try {
            channel().say(event, payload);
        } catch (IOException _) {
            // the portal has hung up: an input saw to that
        }
    }

    private static String toClients(List<String> clients, List<String> candidates) {
        return "{\"client_ids\":[\"%s\"],\"candidates\":[\"%s\"]}"
                .formatted(String.join("\",\"", clients), String.join("\",\"", candidates));
    }

    /// Makes the packet of a number.
    private interface Datagrams {
        byte[] of(int number);
    }

    private void flood(Effort effort, Datagrams packets) throws IOException {
        for (int i = 0; effort.goesOn(i, PACKETS); i++) {
            effort.keepPace(i);
            tunnel.send(clientId, packets.of(i));
        }
    }

    private byte[] udp(Endpoint from, int number) {
        return Packets.udp(from, new Endpoint(clientV4, 1 + number % 0xFFFF), new byte[64]);
    }

    private static Endpoint anybody(Effort effort) {
        return new Endpoint(IpAddress.v4(effort.random().nextInt()), 53);
    }

    private byte[] forOthers(Effort effort) {
        var to = new Endpoint(IpAddress.v6(effort.random().nextLong(), 1), 1);
        return Packets.udp(new Endpoint(clientV6, 1), to, new byte[64]);
    }

    private byte[] reset(int number) {
        var from = new Endpoint(OTHERS.address(), Place.SERVICE);
        var to = new Endpoint(clientV4, 1 + number % 0xFFFF);
        return Packets.tcp(from, to, IpPacket.TCP_RST | IpPacket.TCP_ACK, new byte[0]);
    }

    /// Says of what the client sends to others that it does not arrive.
    private byte[] icmpError(int number) {
        var port = new Endpoint(clientV4, 32_768 + number % 28_000);
        var sent = Packets.udp(port, OTHERS, new byte[64]);
        int unreachable = 3 << 8 | number % 16;
        return Packets.icmpError(OWN.address(), clientV4, unreachable, number, sent);
    }

    private byte[] fragment(int number) {
        var whole = Packets.udp(OWN, new Endpoint(clientV4, 1), new byte[PAYLOAD_MAX]);
        int at = number % 3 == 0 ? 0 : 8 * (number % 20);
        return Fragments.piece(whole, number & 0xFFFF, at, 64, true);
    }

    private static byte[] badControl(Effort effort, int number) {
        var body = new byte[effort.random().nextInt(PAYLOAD_MAX)];
        if (number % 2 == 0) {
            Arrays.fill(body, (byte) '[');
        } else {
            effort.random().nextBytes(body);
        }
        var payload = ByteBuffer.allocate(8 + body.length).put((byte) (number % 5)).put(8, body);
        return Packets.ip(
                IpAddress.ANY_V6, IpAddress.ANY_V6, P2pControl.NEXT_HEADER, payload.array());
    }

    /// Names of the honest gateway's resource, and others, which this one knows nothing of.
    private byte[] nameState(int number) {
        var name = number % 2 == 0 ? Place.name(number) : "x" + number + "." + Place.ZONE;
        var event = new P2pEvent.DomainStatus(UUID.randomUUID().toString(), name, false);
        var out = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        int length = P2pControl.encode(event, out, 0);
        return Arrays.copyOf(out.array(), length);
    }

    private void candidates(Effort effort, boolean isNew) throws IOException {
        int from = effort.random().nextInt(1_000_000);
        for (int i = 0; effort.goesOn(i, MESSAGES); i++) {
            int first = isNew ? from + 100 * i : 0;
            var some = IntStream.range(first, first + 100);
            var texts = some.mapToObj(n -> ClientInputs.candidate(n, "host")).toList();
            channel().say("broadcast_ice_candidates", toClients(List.of(clientId), texts));
        }
    }

    private void repeatedClient(Effort effort) throws IOException {
        var clients = Collections.nCopies(1_000, clientId);
        var texts = Collections.nCopies(10_000, ClientInputs.candidate(1, "host"));
        for (int i = 0; effort.goesOn(i, 2); i++) {
            channel().say("broadcast_ice_candidates", toClients(clients, texts));
        }
    }

    private void badAnswers(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, PACKETS); i++) {
            channel().say("flow_authorized", "{\"ref\":\"%s\"}".formatted("x".repeat(i % 1_000)));
        }
    }

    private void badJson(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, MESSAGES); i++) {
            channel().send(i % 2 == 0 ? "[".repeat(50_000) : "{\"topic\":\"gateway\",\"event\":");
        }
    }

    @Override
    public void close() {
        tunnel.close();
        channel.close();
    }
}
