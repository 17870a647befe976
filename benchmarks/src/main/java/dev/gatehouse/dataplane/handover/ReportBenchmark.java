package dev.gatehouse.dataplane.handover;

import com.google.protobuf.ByteString;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.snapshot.GatewayCodec;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.CandidateKind;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.DnsMapping;
import dev.gatehouse.rpc.DnsMappingKey;
import dev.gatehouse.rpc.IceCredentials;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.Path;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What telling the control plane costs the packet thread: one report, at most 12 a second.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class ReportBenchmark {
    private static final String RESOURCE = "8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b11";
    private static final String NAMES = "8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b12";
    private static final int TRANSLATIONS = 1_000; // what one report tells at most
    private static final long STEP_NS = 100_000_000; // more than changes are gathered for

    private static final class Consumer implements EventFeed.Consumer {
        @Override
        public void wake() {}

        @Override
        public void replaced() {}
    }

    @Param({"1", "1000", "10000"})
    private int peers;

    private final Consumer consumer = new Consumer();
    private final EventFeed feed = new EventFeed(1, 1024, 1);
    private final EventReporter reporter = new EventReporter(0, feed);
    private ShardState known;
    private Node node;
    private GatewayState state;
    private long nowNs;
    private long expiry = 4_000_000_000L;
    private int next;

    @Setup
    public void connect() {
        var random = new SecureRandom();
        var keys = KeyPair.generate(random);
        var aead = Aeads.choose(Optional.of("jdk"));
        node = new Node(NodeConfig.gateway(keys, aead, 0), random);
        state = new GatewayState(GatewayLimits.defaults(), 0, 1);
        var predecessor = Snapshot.newBuilder();
        predecessor.setInterface(
                Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1"));
        for (int i = 0; i < peers; i++) {
            add(i, predecessor);
        }
        addTranslations(predecessor);
        node.restore(NodeCodec.decode(predecessor.build(), 0), 0);
        state.restore(GatewayCodec.decode(predecessor.build()), 0);
        drain();
        known = new ShardState(NodeCodec.encode(keys), 52_625, node, state);
        feed.subscribe(consumer);
        sendSnapshot();
        state.tellNatAgain();
        report();
    }

    private static void addTranslations(Snapshot.Builder into) {
        into.addAuthorizations(
                Authorization.newBuilder()
                        .setKey(GatewayCodec.key(id(0), NAMES))
                        .setResource(
                                Resource.newBuilder()
                                        .setId(NAMES)
                                        .setType(Resource.Type.DNS)
                                        .setName("names")
                                        .setAddress("**")));
        into.addDnsMappings(
                DnsMapping.newBuilder()
                        .setKey(
                                DnsMappingKey.newBuilder()
                                        .setClientId(id(0))
                                        .setResourceId(NAMES)
                                        .setDomain("www.example.com"))
                        .addEntries(
                                DnsMapping.Entry.newBuilder()
                                        .setProxy("100.96.0.1")
                                        .setTarget("10.0.0.1")));
        for (int i = 0; i < TRANSLATIONS; i++) {
            into.addNatSessions(
                    NatSession.newBuilder()
                            .setClientId(id(0))
                            .setProtocol(6)
                            .setProxy(ByteString.copyFrom(new byte[] {100, 96, 0, 1}))
                            .setInsideId(10_000 + i)
                            .setReal(ByteString.copyFrom(new byte[] {10, 0, 0, 1}))
                            .setOutsideId(10_000 + i)
                            .setAnswered(true));
        }
    }

    private static void add(int i, Snapshot.Builder into) {
        var client =
                Client.newBuilder()
                        .setId(id(i))
                        .setIpv4("100.%d.%d.%d".formatted(65 + (i >> 16), i >> 8 & 255, i & 255))
                        .setIpv6("fd00:2021:1111::%x:%x".formatted(1 + (i >> 16), i & 65535));
        var resource =
                Resource.newBuilder()
                        .setId(RESOURCE)
                        .setType(Resource.Type.CIDR)
                        .setName("servers")
                        .setAddress("10.0.0.0/24");
        into.addClients(client);
        into.addAuthorizations(
                Authorization.newBuilder()
                        .setKey(GatewayCodec.key(id(i), RESOURCE))
                        .setResource(resource));
        into.addPeers(peer(i));
    }

    private static Peer.Builder peer(int i) {
        var key = ByteBuffer.allocate(32).putInt(9 + i).array();
        String remote = "198.51.%d.%d:%d".formatted(i >> 8 & 255, i & 255, 40_000);
        String remoteHost = remote.substring(0, remote.indexOf(':'));
        return Peer.newBuilder()
                .setClientId(id(i))
                .setPublicKey(ByteString.copyFrom(key))
                .setPresharedKey(ByteString.copyFrom(key))
                .setGatewayIce(
                        IceCredentials.newBuilder().setUsername("gw" + i).setPassword("secret"))
                .setClientIce(
                        IceCredentials.newBuilder().setUsername("cl" + i).setPassword("secret"))
                .addRemoteCandidates(
                        "candidate:1 1 udp 2130706431 10.1.1.1 40000 typ host ufrag cl" + i)
                .addRemoteCandidates(
                        "candidate:2 1 udp 1694498815 %s 40000 typ srflx raddr 0.0.0.0 rport 0"
                                .formatted(remoteHost))
                .addLocalCandidates(
                        "candidate:3 1 udp 2130706431 203.0.113.5 52625 typ host ufrag gw" + i)
                .addLocalBases("203.0.113.5:52625")
                .setPath(
                        Path.newBuilder()
                                .setLocal("203.0.113.5:52625")
                                .setRemote(remote)
                                .setLocalKind(CandidateKind.HOST)
                                .setRemoteKind(CandidateKind.SERVER_REFLEXIVE))
                .setConnectionId(i + 1)
                .setTieBreaker(i);
    }

    private static String id(int i) {
        return "8f1d3c0e-5a53-4c63-9d57-%012x".formatted(i);
    }

    private void drain() {
        boolean more = true;
        while (more) {
            more = node.pollTransmit() != null;
            more |= node.pollEvent() != null;
            more |= state.pollEvent() != null;
        }
    }

    private int take() {
        int events = 0;
        while (feed.poll(consumer).isPresent()) {
            events++;
        }
        return events;
    }

    private void sendSnapshot() {
        reporter.sendSnapshot(known.takeChanges(nowNs), status());
    }

    private ShardStatus status() {
        return new ShardStatus(
                true,
                true,
                node.relayIds().size(),
                node.readyRelayIds().size(),
                node.peers(),
                false);
    }

    private int report() {
        reporter.touch(nowNs);
        nowNs += STEP_NS;
        reporter.handleTimeout(nowNs, () -> known.takeChanges(nowNs), status());
        return take();
    }

    /// An expiry was moved.
    @Benchmark
    public int oneClientChanged() {
        state.updateExpiry(id(next++ % peers), RESOURCE, OptionalLong.of(++expiry));
        int events = report();
        if (events != 1) {
            throw new IllegalStateException("events: " + events);
        }
        return events;
    }

    /// A burst of flows through a name: the most that one report tells of.
    @Benchmark
    public int translationsTold() {
        state.tellNatAgain(id(0));
        int events = report();
        if (events != 2) {
            throw new IllegalStateException("events: " + events);
        }
        return events;
    }

    /// A control packet came that told nothing: an ICE check, for one.
    @Benchmark
    public int nothingChanged() {
        return report();
    }

    /// A control plane came.
    @Benchmark
    public int wholeSnapshot() {
        feed.subscribe(consumer);
        sendSnapshot();
        return take();
    }

    /// What each command and each timer ends with.
    @Benchmark
    public ShardStatus shardStatus() {
        return status();
    }
}
