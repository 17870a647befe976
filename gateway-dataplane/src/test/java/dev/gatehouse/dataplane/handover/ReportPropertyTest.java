package dev.gatehouse.dataplane.handover;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.dataplane.gateway.GatewayEvent;
import dev.gatehouse.dataplane.gateway.GatewayOutput;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.snapshot.GatewayCodec;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.dataplane.snapshot.ShardSnapshots;
import dev.gatehouse.dataplane.snapshot.SnapshotParts;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.testkit.Gen;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever a shard is told to do: who follows its events knows what a snapshot of all of it says.
class ReportPropertyTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long UNIX_ORIGIN_S = 1_790_000_000L;
    private static final int CLIENTS = 5;
    private static final int RESOURCES = 3;
    private static final int STEPS = 400;
    private static final List<String> NAMES = List.of("a.example.com", "b.example.com", "c.other");

    private enum Step {
        AUTHORIZE,
        REJECT,
        UPDATE_RESOURCE,
        UPDATE_EXPIRY,
        RECONCILE,
        REMOVE_CLIENT,
        ASSIGN_NAME,
        TRAFFIC,
        ANSWER,
        GOODBYE,
        CONNECT,
        CLOSE,
        CANDIDATE,
        RELAYS,
        TIME,
        FOLLOW_ANEW
    }

    private static final class Ignored implements GatewayOutput {
        @Override
        public void toTun(PacketBatch packets, int index) {}

        @Override
        public void toPeer(String clientId, PacketBatch packets, int index) {}
    }

    private static final class Consumer implements EventFeed.Consumer {
        @Override
        public void wake() {}

        @Override
        public void replaced() {}
    }

    private final Set<Step> reached = EnumSet.noneOf(Step.class);
    private final Set<Event.KindCase> heard = EnumSet.noneOf(Event.KindCase.class);
    private int translationsHeard;
    private final SplittableRandom random = new SplittableRandom(7);
    private final KeyPair keys = KeyPair.generate(random);
    private final GatewayOutput out = new Ignored();
    private Node node;
    private GatewayState gateway;
    private ShardState state;
    private EventFeed feed;
    private EventReporter reporter;
    private Consumer consumer = new Consumer();
    private Snapshot followed = Snapshot.getDefaultInstance();
    private int shard;
    private long nowNs;

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 0", "4, 0", "5, 1", "6, 1", "7, 1", "8, 1"})
    void followerKnowsWhatAFullSnapshotSays(long seed, int shard) {
        this.shard = shard;
        open();
        var gen = Gen.ofSeed(seed, 16_384);

        for (int i = 0; i < STEPS; i++) {
            var step = gen.oneOf(Step.values());
            reached.add(step);
            take(step, gen);
            drain();
            if (gen.chance(60)) { // else several steps make one report
                report();
                assertThat(sorted(followed)).as("after step %d: %s", i, step).isEqualTo(whole());
            }
        }

        useAName();
        report();
        assertThat(sorted(followed)).isEqualTo(whole());
        assertThat(reached).containsExactlyInAnyOrder(Step.values());
        assertThat(heard).contains(Event.KindCase.SNAPSHOT, Event.KindCase.DELTA);
        assertThat(translationsHeard).as("translations told").isPositive();
    }

    private void open() {
        long originNs = UNIX_ORIGIN_S * SECOND_NS;
        var aead = Aeads.open("jdk").orElseThrow();
        node = new Node(NodeConfig.gateway(keys, aead, originNs), random);
        gateway = new GatewayState(GatewayLimits.defaults(), originNs, 1);
        gateway.setInterface(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));
        state = new ShardState(NodeCodec.encode(keys), 52_625, node, gateway);
        feed = new EventFeed(1, 100, shard + 1);
        reporter = new EventReporter(shard, feed);
        followAnew();
    }

    private void followAnew() {
        consumer = new Consumer();
        feed.subscribe(consumer);
        for (int other = 0; other < shard; other++) {
            feed.offerSnapshot(other, List.of(Snapshot.getDefaultInstance()), ShardStatus.STARTING);
        }
        reporter.sendSnapshot(state.takeChanges(nowNs), ShardStatus.STARTING);
        gateway.tellNatAgain();
        reporter.touch(nowNs);
        report();
    }

    private void take(Step step, Gen gen) {
        String client = client(gen.below(CLIENTS));
        String resource = resource(gen.below(RESOURCES));
        switch (step) {
            case AUTHORIZE -> authorize(client, resource, gen);
            case REJECT -> gateway.reject(client, resource);
            case UPDATE_RESOURCE -> gateway.updateResource(spec(resource, gen));
            case UPDATE_EXPIRY -> gateway.updateExpiry(client, resource, expiry(gen));
            case RECONCILE -> gateway.reconcile(listed(gen));
            case REMOVE_CLIENT -> {
                gateway.removeClient(client);
                node.closeConnection(client, nowNs);
            }
            case ASSIGN_NAME -> {
                var names =
                        gateway.snapshot().authorizations().stream()
                                .filter(a -> a.resource() instanceof ResourceSpec.Dns)
                                .toList();
                if (names.isEmpty() || gen.chance(20)) {
                    assignName(client, resource, gen); // mostly not its own
                } else {
                    var known = names.get(gen.below(names.size()));
                    assignName(known.clientId(), known.resource().id(), gen);
                }
            }
            case TRAFFIC -> {
                sendToName(gen);
                sendToName(gen);
            }
            case ANSWER -> answer(gen);
            case GOODBYE -> fromClient(client, new P2pEvent.Goodbye());
            case CONNECT -> connect(client, gen.below(2));
            case CLOSE -> node.closeConnection(client, nowNs);
            case CANDIDATE -> candidate(client, gen);
            case RELAYS -> relays(gen);
            case TIME -> advance(gen.below(30) * SECOND_NS / 4);
            case FOLLOW_ANEW -> followAnew();
        }
    }

    private static String client(int i) {
        return "8f1d3c0e-5a53-4c63-9d57-00000000000" + i;
    }

    private static String resource(int i) {
        return "8f1d3c0e-5a53-4c63-9d57-10000000000" + i;
    }

    private void authorize(String client, String resource, Gen gen) {
        var v4 = IpAddress.parse("100.64.0." + (2 + gen.below(3)));
        var v6 = IpAddress.parse("fd00:2021:1111::" + (2 + gen.below(3)));
        var spec = spec(resource, gen);
        gateway.authorize(new Authorization(client, v4, v6, spec, expiry(gen)), nowNs);
    }

    private static ResourceSpec spec(String id, Gen gen) {
        return switch (gen.below(4)) {
            case 0 -> new ResourceSpec.Internet(id, "internet");
            case 1 -> new ResourceSpec.Cidr(id, "net", IpNetwork.parse("10.0.0.0/8"), List.of());
            default ->
                    new ResourceSpec.Dns(
                            id,
                            "name",
                            DomainPattern.parse(gen.oneOf("*.example.com", "**", "a.example.com"))
                                    .orElseThrow(),
                            List.of());
        };
    }

    private OptionalLong expiry(Gen gen) {
        return gen.chance(50)
                ? OptionalLong.of(UNIX_ORIGIN_S + nowNs / SECOND_NS + gen.below(60))
                : OptionalLong.empty();
    }

    private List<Authorization.Listed> listed(Gen gen) {
        var listed = new ArrayList<Authorization.Listed>();
        for (int c = 0; c < CLIENTS; c++) {
            for (int r = 0; r < RESOURCES; r++) {
                if (gen.chance(80)) {
                    listed.add(new Authorization.Listed(client(c), resource(r), expiry(gen)));
                }
            }
        }
        return listed;
    }

    private void assignName(String client, String resource, Gen gen) {
        int first = 1 + gen.below(6);
        var proxies =
                List.of(
                        IpAddress.parse("100.96.0." + first),
                        IpAddress.parse("fd00:2021:1111:8000::" + first));
        String name = NAMES.get(gen.below(NAMES.size()));
        fromClient(client, new P2pEvent.AssignedIps(resource, name, proxies));
        var addresses = gen.chance(80) ? List.of(real(true), real(false)) : null;
        for (var event = gateway.pollEvent(); event != null; event = gateway.pollEvent()) {
            if (event instanceof GatewayEvent.ResolveName ask && addresses != null) {
                gateway.handleResolved(ask.requestId(), addresses, out, nowNs);
            }
        }
    }

    private static IpAddress real(boolean v4) {
        return IpAddress.parse(v4 ? "10.0.0.9" : "fd77::9");
    }

    private void useAName() {
        var own = IpAddress.parse("100.64.0.9");
        var ownV6 = IpAddress.parse("fd00:2021:1111::9");
        var any = DomainPattern.parse("**").orElseThrow();
        var resource = new ResourceSpec.Dns(resource(0), "name", any, List.of());
        gateway.authorize(
                new Authorization(client(0), own, ownV6, resource, OptionalLong.empty()), nowNs);
        var proxy = IpAddress.parse("100.96.0.77");
        fromClient(client(0), new P2pEvent.AssignedIps(resource(0), "z.example", List.of(proxy)));
        for (var event = gateway.pollEvent(); event != null; event = gateway.pollEvent()) {
            if (event instanceof GatewayEvent.ResolveName ask) {
                gateway.handleResolved(ask.requestId(), List.of(real(true)), out, nowNs);
            }
        }
        var packet = Packets.udp(new Endpoint(own, 4000), new Endpoint(proxy, 80), new byte[1]);
        gateway.handleFromPeer(client(0), Packets.batch(packet), out, nowNs);
        drain();
    }

    private void sendToName(Gen gen) {
        var mappings = gateway.snapshot().mappings();
        if (mappings.isEmpty()) {
            return;
        }
        var mapping = mappings.get(gen.below(mappings.size()));
        var proxy = mapping.entries().get(gen.below(mapping.entries().size())).proxy();
        var from = new Endpoint(tunnelAddress(mapping.clientId(), proxy.isV4()), port(gen));
        var packet = transport(from, new Endpoint(proxy, 80), gen);
        gateway.handleFromPeer(mapping.clientId(), packet, out, nowNs);
    }

    private void answer(Gen gen) {
        var flows = gateway.snapshot().flows();
        if (flows.isEmpty()) {
            return;
        }
        var flow = flows.get(gen.below(flows.size()));
        var to = new Endpoint(tunnelAddress(flow.clientId(), flow.real().isV4()), flow.outsideId());
        var from = new Endpoint(flow.real(), 80);
        if (flow.protocol() == IpProtocol.TCP && gen.chance(40)) {
            var reset = Packets.tcp(from, to, IpPacket.TCP_RST, new byte[0]);
            gateway.handleFromTun(Packets.batch(reset), out, nowNs);
            advance(2 * SECOND_NS); // ends with the next tick
        } else {
            gateway.handleFromTun(transport(from, to, gen), out, nowNs);
        }
    }

    private IpAddress tunnelAddress(String client, boolean v4) {
        return gateway.snapshot(List.of(client)).authorizations().stream()
                .map(known -> v4 ? known.clientV4() : known.clientV6())
                .findFirst()
                .orElseThrow();
    }

    private static int port(Gen gen) {
        return 4000 + gen.below(3);
    }

    private static PacketBatch transport(Endpoint from, Endpoint to, Gen gen) {
        int flags = gen.oneOf(IpPacket.TCP_SYN, IpPacket.TCP_ACK, IpPacket.TCP_FIN);
        return Packets.batch(
                gen.chance(50)
                        ? Packets.udp(from, to, new byte[] {1})
                        : Packets.tcp(from, to, flags, new byte[] {1}));
    }

    private void fromClient(String client, P2pEvent event) {
        var buffer = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        int length = P2pControl.encode(event, buffer, 0);
        var packet = Packets.batch(Arrays.copyOf(buffer.array(), length));
        gateway.handleFromPeer(client, packet, out, nowNs);
    }

    private void connect(String client, int generation) {
        var bytes = new byte[32];
        bytes[0] = (byte) client.hashCode();
        bytes[1] = (byte) generation;
        node.upsertConnection(
                client,
                new PublicKey(bytes),
                new PresharedKey(bytes),
                new IceCredentials("ours" + generation, "0123456789012345678901"),
                new IceCredentials("theirs" + client.hashCode(), "0123456789012345678901"),
                nowNs);
    }

    private void candidate(String client, Gen gen) {
        String text =
                "candidate:1 1 udp 2130706431 198.51.100.%d 52625 typ host"
                        .formatted(1 + gen.below(4));
        if (gen.chance(60)) {
            node.addRemoteCandidate(client, text, nowNs);
        } else {
            node.removeRemoteCandidate(client, text, nowNs);
        }
    }

    private void relays(Gen gen) {
        var relay =
                Relay.newBuilder()
                        .setId("relay-" + gen.below(2))
                        .addAddresses("203.0.113.%d:3478".formatted(1 + gen.below(3)))
                        .setUsername("u" + gen.below(2))
                        .setPassword("p")
                        .build();
        Set<String> removed = gen.chance(30) ? Set.of(relay.getId()) : Set.of();
        node.updateRelays(removed, List.of(NodeCodec.relay(relay)), nowNs);
    }

    private void advance(long ns) {
        nowNs += ns;
        node.handleTimeout(nowNs);
        gateway.handleTimeout(nowNs);
    }

    /// As the session does.
    private void drain() {
        boolean more = true;
        while (more) {
            more = node.pollTransmit() != null || node.pollEvent() != null;
            for (var event = gateway.pollEvent(); event != null; event = gateway.pollEvent()) {
                more = true;
                if (event instanceof GatewayEvent.CloseConnection(var id, var _)) {
                    node.closeConnection(id, nowNs);
                }
            }
        }
        if (state.hasChanges()) {
            reporter.touch(nowNs);
        }
    }

    private void report() {
        nowNs += SECOND_NS / 10;
        reporter.handleTimeout(nowNs, () -> state.takeChanges(nowNs), ShardStatus.STARTING);
        hear();
    }

    private void hear() {
        for (var next = feed.poll(consumer); next.isPresent(); next = feed.poll(consumer)) {
            var event = next.get();
            heard.add(event.getKindCase());
            switch (event.getKindCase()) {
                case SNAPSHOT -> {
                    var before =
                            event.getSnapshot().getFirst()
                                    ? Snapshot.getDefaultInstance()
                                    : followed;
                    followed = SnapshotParts.join(List.of(before, event.getSnapshot().getPart()));
                }
                case DELTA -> apply(event.getDelta());
                default -> {}
            }
        }
    }

    /// What is removed is removed first.
    private void apply(Delta delta) {
        assertThat(delta.getShard()).isEqualTo(shard);
        translationsHeard += delta.getChanged().getNatSessionsCount();
        var clients = new HashSet<>(delta.getRemovedClientIdsList());
        var peers = new HashSet<>(delta.getRemovedPeerIdsList());
        peers.addAll(clients);
        var rest =
                followed.toBuilder()
                        .clearRelays()
                        .clearClients()
                        .clearPeers()
                        .clearAuthorizations()
                        .clearDnsMappings()
                        .clearNatSessions();
        followed.getRelaysList().stream()
                .filter(r -> !delta.getRemovedRelayIdsList().contains(r.getRelay().getId()))
                .forEach(rest::addRelays);
        followed.getClientsList().stream()
                .filter(c -> !clients.contains(c.getId()))
                .forEach(rest::addClients);
        followed.getPeersList().stream()
                .filter(p -> !peers.contains(p.getClientId()))
                .forEach(rest::addPeers);
        followed.getAuthorizationsList().stream()
                .filter(a -> !clients.contains(a.getKey().getClientId()))
                .filter(a -> !delta.getRemovedAuthorizationsList().contains(a.getKey()))
                .forEach(rest::addAuthorizations);
        followed.getDnsMappingsList().stream()
                .filter(d -> !clients.contains(d.getKey().getClientId()))
                .filter(d -> !delta.getRemovedDnsMappingsList().contains(d.getKey()))
                .forEach(rest::addDnsMappings);
        followed.getNatSessionsList().stream()
                .filter(n -> !clients.contains(n.getClientId()))
                .filter(n -> !delta.getRemovedNatSessionsList().contains(key(n)))
                .forEach(rest::addNatSessions);
        followed = SnapshotParts.join(List.of(rest.build(), delta.getChanged()));
    }

    private static NatSession key(NatSession session) {
        return session.toBuilder()
                .clearReal()
                .clearOutsideId()
                .clearAnswered()
                .clearFinOutbound()
                .clearFinInbound()
                .build();
    }

    /// Made from scratch.
    private Snapshot whole() {
        var snapshot = Snapshot.newBuilder().setKeyPair(NodeCodec.encode(keys)).setUdpPort(52_625);
        NodeCodec.encode(node.snapshot(nowNs), snapshot);
        GatewayCodec.encode(gateway.snapshot(), snapshot);
        return sorted(ShardSnapshots.label(snapshot.build(), shard));
    }

    private static Snapshot sorted(Snapshot snapshot) {
        return snapshot.toBuilder()
                .clearRelays()
                .addAllRelays(sorted(snapshot.getRelaysList()))
                .clearClients()
                .addAllClients(sorted(snapshot.getClientsList()))
                .clearPeers()
                .addAllPeers(sorted(snapshot.getPeersList()))
                .clearAuthorizations()
                .addAllAuthorizations(sorted(snapshot.getAuthorizationsList()))
                .clearDnsMappings()
                .addAllDnsMappings(sorted(snapshot.getDnsMappingsList()))
                .clearNatSessions()
                .addAllNatSessions(sorted(goingOn(snapshot.getNatSessionsList())))
                .build();
    }

    /// Without those whose end was seen: if that was all there was, they are not told.
    private static List<NatSession> goingOn(List<NatSession> sessions) {
        return sessions.stream().filter(s -> !s.getFinOutbound() || !s.getFinInbound()).toList();
    }

    private static <M extends Message> List<M> sorted(List<M> elements) {
        Function<M, ByteString> bytes = Message::toByteString;
        return elements.stream()
                .sorted(Comparator.comparing(bytes, ByteString.unsignedLexicographicalComparator()))
                .toList();
    }
}
