package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.testkit.SimDatagram;
import dev.gatehouse.testkit.SimNetwork;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/// Nodes, relays and a portal that carries candidates, in virtual time. The same seed gives the
/// same trace.
final class SimWorld {
    static final long MS = 1_000_000L;
    static final long S = 1_000 * MS;

    private static final long UNIX_ORIGIN_NS = 1_800_000_000L * S;
    private static final long SIGNALLING_NS = 50 * MS;
    private static final int BATCH_MAX = 64;
    private static final int STEPS_MAX = 2_000_000;

    /// A node on a host with one address.
    final class Peer {
        final String name;
        IpAddress address;
        final List<String> received = new ArrayList<>();
        final List<NodeEvent> events = new ArrayList<>();
        SnapshotFollower follower = new SnapshotFollower();
        int sinkCalls;
        KeyPair keys;
        long originNs; // of the process
        Node node;

        private Peer(String name, IpAddress address, NodeConfig config) {
            this.name = name;
            this.address = address;
            this.keys = config.keyPair();
            this.node = new Node(config, new SplittableRandom(random.nextLong()));
        }

        long nodeNowNs() {
            return nowNs - originNs;
        }

        Endpoint endpoint() {
            return new Endpoint(address, 52625);
        }

        <E extends NodeEvent> List<E> events(Class<E> type) {
            return events.stream().filter(type::isInstance).map(type::cast).toList();
        }

        Optional<PathInfo> path(Peer other) {
            return node.path(other.name);
        }
    }

    private record Signal(long atNs, long sequence, Runnable deliver) {}

    private final SplittableRandom random;
    private final Aead aead = Aeads.open("jdk").orElseThrow();
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final Map<String, SimRelay> relays = new LinkedHashMap<>();
    private final PriorityQueue<Signal> signals =
            new PriorityQueue<>(
                    java.util.Comparator.comparingLong(Signal::atNs)
                            .thenComparingLong(Signal::sequence));
    private final List<String> trace = new ArrayList<>();
    final List<SimDatagram> captured = new ArrayList<>();
    final SimNetwork network;
    long nowNs;
    long signalsReachNoneUntilNs; // as while the portal's connections of all peers are dead
    private long sequence;

    SimWorld(long seed) {
        random = new SplittableRandom(seed);
        network = new SimNetwork(SimNetwork.Link.steady(10 * MS));
    }

    SplittableRandom random() {
        return random;
    }

    List<String> trace() {
        return trace;
    }

    SimRelay addRelay(String id, String address) {
        var relay = new SimRelay(id, IpAddress.parse(address));
        relays.put(id, relay);
        network.addHost(id, relay.address());
        return relay;
    }

    Peer addClient(String name, String address, Optional<Nat> nat) {
        return add(name, address, nat, NodeConfig.client(newKeys(), aead, UNIX_ORIGIN_NS));
    }

    Peer addGateway(String name, String address, Optional<Nat> nat) {
        return add(name, address, nat, NodeConfig.gateway(newKeys(), aead, UNIX_ORIGIN_NS));
    }

    private Peer add(String name, String address, Optional<Nat> nat, NodeConfig config) {
        var ip = IpAddress.parse(address);
        nat.ifPresentOrElse(
                n -> network.addHostBehind(n, name, ip), () -> network.addHost(name, ip));
        var peer = new Peer(name, ip, config);
        peers.put(name, peer);
        return peer;
    }

    KeyPair newKeys() {
        return KeyPair.generate(random);
    }

    /// Tells the peers the relays, as the portal's `init` does.
    void init(Peer peer, SimRelay... known) {
        var infos = Arrays.stream(known).map(r -> r.infoFor(peer.name)).toList();
        peer.node.updateRelays(java.util.Set.of(), infos, peer.nodeNowNs());
        drain(peer);
    }

    /// The portal lets two nodes talk: both get the same keys and credentials.
    void authorize(Peer a, Peer b, int generation) {
        var psk = new byte[32];
        Arrays.fill(psk, (byte) generation);
        var credentialsA = new IceCredentials(a.name + generation, "password-of-" + a.name);
        var credentialsB = new IceCredentials(b.name + generation, "password-of-" + b.name);
        upsert(a, b, psk, credentialsA, credentialsB);
        upsert(b, a, psk, credentialsB, credentialsA);
    }

    private void upsert(Peer at, Peer to, byte[] psk, IceCredentials local, IceCredentials remote) {
        at.node.upsertConnection(
                to.name, to.keys.publicKey(), new PresharedKey(psk), local, remote, at.nodeNowNs());
        drain(at);
    }

    /// A new process of the same host, with the same keys and what the old one handed on.
    void restartWithSnapshot(Peer peer, long deadNs) {
        var snapshot = peer.node.snapshot(peer.nodeNowNs());
        peers.remove(peer.name);
        run(deadNs);
        peers.put(peer.name, peer);
        peer.originNs = nowNs;
        peer.node = new Node(config(peer, nowNs), new SplittableRandom(random.nextLong()));
        peer.follower = new SnapshotFollower();
        peer.node.restore(snapshot, 0);
        drain(peer);
    }

    /// A new process of the same host that knows nothing.
    void restartAfresh(Peer peer) {
        peer.keys = newKeys();
        peer.originNs = nowNs;
        peer.node = new Node(config(peer, nowNs), new SplittableRandom(random.nextLong()));
        peer.follower = new SnapshotFollower();
    }

    private NodeConfig config(Peer peer, long originNs) {
        return peer.name.startsWith("c")
                ? NodeConfig.client(peer.keys, aead, UNIX_ORIGIN_NS + originNs)
                : NodeConfig.gateway(peer.keys, aead, UNIX_ORIGIN_NS + originNs);
    }

    /// Sends one packet with `text` in it through the tunnel. Returns what the node said.
    int send(Peer from, Peer to, String text) {
        var packet = packet(text);
        int taken = from.node.encapsulate(to.name, Packets.batch(packet), 0, 1, from.nodeNowNs());
        drain(from);
        return taken;
    }

    static byte[] packet(String text) {
        return Packets.udp(
                Endpoint.parse("100.64.0.1:7"),
                Endpoint.parse("100.64.0.2:7"),
                text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(byte[] packet) {
        return new String(packet, 28, packet.length - 28, StandardCharsets.US_ASCII);
    }

    void run(long forNs) {
        long untilNs = nowNs + forNs;
        for (int step = 0; step < STEPS_MAX; step++) {
            long next = Math.min(network.pollTimeout(), nextTimerNs());
            next = signals.isEmpty() ? next : Math.min(next, signals.peek().atNs());
            if (next > untilNs) {
                nowNs = untilNs;
                return;
            }
            nowNs = Math.max(nowNs, next);
            turn();
        }
        throw new AssertionError("no progress at " + nowNs);
    }

    private long nextTimerNs() {
        long next = Long.MAX_VALUE;
        for (var peer : peers.values()) {
            long timeout = peer.node.pollTimeout();
            next = timeout == Node.NEVER ? next : Math.min(next, timeout + peer.originNs);
        }
        return next;
    }

    private void turn() {
        while (!signals.isEmpty() && signals.peek().atNs() <= nowNs) {
            signals.remove().deliver().run();
        }
        deliverArrivals();
        for (var peer : peers.values()) {
            if (peer.node.pollTimeout() <= peer.nodeNowNs()) {
                peer.node.handleTimeout(peer.nodeNowNs());
                drain(peer);
            }
        }
    }

    /// Datagrams of one path that arrive in one turn make one batch, as sockets give them.
    private void deliverArrivals() {
        var run = new ArrayList<SimDatagram>();
        for (var d = network.pollArrival(nowNs); d != null; d = network.pollArrival(nowNs)) {
            boolean isOtherPath = !run.isEmpty() && !isSamePath(run.getFirst(), d);
            if (isOtherPath || run.size() == BATCH_MAX) {
                deliver(run);
                run.clear();
            }
            run.add(d);
        }
        if (!run.isEmpty()) {
            deliver(run);
        }
    }

    private static boolean isSamePath(SimDatagram a, SimDatagram b) {
        return a.host().equals(b.host())
                && a.local().equals(b.local())
                && a.remote().equals(b.remote());
    }

    private void deliver(List<SimDatagram> run) {
        var first = run.getFirst();
        for (var datagram : run) {
            trace.add(
                    "%d %s>%s %s"
                            .formatted(
                                    nowNs,
                                    datagram.remote(),
                                    datagram.local(),
                                    Arrays.hashCode(datagram.payload())));
            captured.add(datagram);
        }
        var relay = relays.get(first.host());
        if (relay != null) {
            run.forEach(d -> relay.handle(d, (from, to, b) -> network.send(from, to, b, nowNs)));
            return;
        }
        var peer = peers.get(first.host());
        if (peer != null && first.local().port() == 52625) {
            deliver(peer, run);
        }
    }

    private void deliver(Peer peer, List<SimDatagram> run) {
        var payloads = run.stream().map(SimDatagram::payload).toArray(byte[][]::new);
        deliver(peer, run.getFirst().local(), run.getFirst().remote(), payloads);
    }

    void deliver(Peer peer, Endpoint local, Endpoint remote, byte[]... payloads) {
        var filled = Packets.batch(payloads);
        var in = new DatagramBatch(new PacketBatch(filled.buffer(), BATCH_MAX));
        in.reset(local, remote);
        for (int i = 0; i < filled.count(); i++) {
            in.packets().add(filled.offset(i), filled.length(i), filled.ecn(i));
        }
        peer.node.handleDatagrams(
                in,
                (id, packets, from, count, _) -> receive(peer, id, packets, from, count),
                peer.nodeNowNs());
        drain(peer);
    }

    private void receive(Peer peer, String from, PacketBatch packets, int first, int count) {
        peer.sinkCalls++;
        for (int i = first; i < first + count; i++) {
            if (packets.length(i) > 0) {
                peer.received.add(from + ": " + text(Packets.copy(packets, i)));
            }
        }
    }

    void drain(Peer peer) {
        for (var t = peer.node.pollTransmit(); t != null; t = peer.node.pollTransmit()) {
            var local = t.local().port() == 0 ? peer.endpoint() : t.local();
            for (int at = 0; at < t.length(); at += t.segmentLength()) {
                var payload = new byte[Math.min(t.segmentLength(), t.length() - at)];
                t.buffer().get(t.offset() + at, payload);
                network.send(local, t.remote(), payload, nowNs);
            }
        }
        for (var e = peer.node.pollEvent(); e != null; e = peer.node.pollEvent()) {
            handleEvent(peer, e);
        }
        peer.follower.follow(peer.node, peer.nodeNowNs());
    }

    private void handleEvent(Peer peer, NodeEvent event) {
        trace.add(nowNs + " " + peer.name + " " + event);
        peer.events.add(event);
        switch (event) {
            case NodeEvent.LocalCandidate(var to, var sdp) ->
                    signal(to, p -> p.node.addRemoteCandidate(peer.name, sdp, p.nodeNowNs()));
            case NodeEvent.LocalCandidateGone(var to, var sdp) ->
                    signal(to, p -> p.node.removeRemoteCandidate(peer.name, sdp, p.nodeNowNs()));
            case NodeEvent.Connected _,
                    NodeEvent.PathChanged _,
                    NodeEvent.Failed _,
                    NodeEvent.RelayReady _,
                    NodeEvent.LongDatagramsLost _,
                    NodeEvent.NoRelays _ -> {}
        }
    }

    /// The host has another address from here on, and its node is told.
    void move(Peer peer, String address) {
        var gone = peer.address;
        network.removeAddress(gone);
        peer.address = IpAddress.parse(address);
        network.addHost(peer.name, peer.address);
        peer.node.handleNetworkChange(List.of(gone), peer.nodeNowNs());
        drain(peer);
    }

    private void signal(String to, java.util.function.Consumer<Peer> action) {
        if (nowNs < signalsReachNoneUntilNs) {
            return;
        }
        signals.add(
                new Signal(
                        nowNs + SIGNALLING_NS,
                        sequence++,
                        () -> {
                            var peer = peers.get(to);
                            if (peer != null) {
                                action.accept(peer);
                                drain(peer);
                            }
                        }));
    }
}
