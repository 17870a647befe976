package dev.gatehouse.benchmarks.core;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeSnapshot;
import dev.gatehouse.connectivity.PlaintextSink;
import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.dataplane.gateway.GatewayOutput;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.Filter;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceEvent;
import dev.gatehouse.ice.IceSnapshot;
import dev.gatehouse.ice.Role;
import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.SealedBatch;
import dev.gatehouse.wireguard.TunnelSnapshot;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A gateway's state machines with many peers that are connected and authorized, all in virtual
/// time. Only the gateway's work is timed, never the peers'.
final class GatewayInMemory {
    private static final Endpoint GATEWAY = Endpoint.parse("198.51.100.1:52625");
    private static final IpAddress SERVER = IpAddress.parse("10.0.0.1");
    private static final IpNetwork SERVERS = IpNetwork.parse("10.0.0.0/24");
    private static final int PORT = 5201;
    private static final int PACKET_LENGTH = 1280;
    private static final int DATAGRAM_LENGTH = PACKET_LENGTH + 32;
    private static final int PREPARED_RUNS = 64; // sealed by peers before the clock starts
    private static final int RESTORED_AT_ONCE = 1024; // a node's queue of requests is bounded
    private static final long IDLE_NS = Duration.ofMinutes(1).toNanos();
    private static final int TCP = 6;
    private static final long HANDSHAKE_NS = Duration.ofMillis(10).toNanos(); // 100 a second

    /// A peer's end of a tunnel.
    private record Client(String id, Endpoint address, IpAddress inside, WireGuardTunnel tunnel) {}

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Aead aead;
    private final int peers;
    private final int run;
    private final SecureRandom random = new SecureRandom();
    private final List<Client> clients = new ArrayList<>();
    private final Map<Endpoint, Client> byAddress = new HashMap<>();
    private final DatagramBatch[] prepared = new DatagramBatch[PREPARED_RUNS];
    private final PacketBatch plain;
    private final Map<ByteBuffer, PacketBatch> views = new IdentityHashMap<>();
    private Node node;
    private GatewayState state;
    private long nowNs;
    private long passed;
    private long sent;
    private long allocated;
    private long counted;
    private int nextClient;

    /// @param run packets of one peer in a row
    GatewayInMemory(Aead aead, int peers, int run) {
        this.aead = aead;
        this.peers = peers;
        this.run = run;
        int slot = PacketBatch.HEADROOM_LENGTH + PACKET_LENGTH + PacketBatch.TAILROOM_LENGTH;
        plain = PacketBatch.allocate(run * slot, run);
        for (int i = 0; i < PREPARED_RUNS; i++) {
            prepared[i] = new DatagramBatch(PacketBatch.allocate(run * DATAGRAM_LENGTH, run));
        }
    }

    int peers() {
        return peers;
    }

    /// Makes all peers, hands their connections to the gateway as a predecessor would, and lets it
    /// shake hands with each.
    void connect() {
        var keys = KeyPair.generate(random);
        node = new Node(NodeConfig.gateway(keys, aead, 0), random);
        state = new GatewayState(GatewayLimits.defaults(), 0, 1);
        state.setInterface(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));
        var some = new ArrayList<PeerSnapshot>();
        for (int i = 0; i < peers; i++) {
            some.add(addPeer(i, keys));
            if (some.size() == RESTORED_AT_ONCE || i == peers - 1) {
                node.restore(new NodeSnapshot(0, List.of(), some), nowNs);
                shakeHands();
                some.clear();
            }
        }
        if (clients.stream().anyMatch(client -> !client.tunnel.canSeal(nowNs))) {
            throw new IllegalStateException("not every peer is connected: " + node.drops());
        }
    }

    private PeerSnapshot addPeer(int i, KeyPair gatewayKeys) {
        var keys = KeyPair.generate(random);
        var id = "peer-%05d".formatted(i);
        var address = new Endpoint(v4(0xC0_00_02_00 + (i >>> 10)), 1024 + (i & 1023));
        var inside = v4(0x64_40_01_00 + i);
        var tunnel =
                new WireGuardTunnel(
                        keys,
                        gatewayKeys.publicKey(),
                        new PresharedKey(new byte[PresharedKey.LENGTH]),
                        1,
                        WireGuardPolicy.client(),
                        aead,
                        random,
                        0,
                        0);
        var client = new Client(id, address, inside, tunnel);
        clients.add(client);
        byAddress.put(address, client);
        var resource =
                new ResourceSpec.Cidr(
                        "servers",
                        "servers",
                        SERVERS,
                        List.of(new Filter.Ports(Filter.Transport.TCP, PORT, PORT)));
        var v6 = new IpAddress(IpAddress.Family.IPV6, 0xFD00_2021_1111_0000L, 2 + i);
        state.authorize(new Authorization(id, inside, v6, resource, OptionalLong.empty()), 0);
        return new PeerSnapshot(
                id,
                keys.publicKey(),
                new PresharedKey(new byte[PresharedKey.LENGTH]),
                i + 1,
                "",
                ice(i, address),
                new TunnelSnapshot(Tai64n.ZERO, Tai64n.ZERO, 0));
    }

    private static IpAddress v4(int address) {
        return new IpAddress(IpAddress.Family.IPV4, 0, Integer.toUnsignedLong(address));
    }

    private static IceSnapshot ice(int i, Endpoint address) {
        return new IceSnapshot(
                Role.CONTROLLED,
                new IceCredentials("gateway" + i, "password"),
                new IceCredentials("client" + i, "password"),
                i,
                List.of(Candidate.host(GATEWAY)),
                List.of(Candidate.host(address)),
                Optional.of(
                        new IceEvent.Nominated(
                                GATEWAY, address, Candidate.Kind.HOST, Candidate.Kind.HOST)));
    }

    /// No faster than the gateway's limit of handshakes, all within the life of a session.
    private void shakeHands() {
        var replies = new DatagramBatch(PacketBatch.allocate(2048, 1));
        for (var out = node.pollTransmit(); out != null; out = node.pollTransmit()) {
            var client = byAddress.get(out.remote());
            var buffer = ByteBuffer.allocateDirect(out.length());
            buffer.put(0, out.buffer(), out.offset(), out.length());
            client.tunnel.handleHandshake(buffer, 0, out.length(), nowNs);
            openAll(client, buffer);
            byte[] reply = client.tunnel.pollControl();
            if (reply != null) {
                nowNs += HANDSHAKE_NS;
                replies.reset(GATEWAY, client.address);
                replies.packets().buffer().put(64, reply);
                replies.packets().add(64, reply.length, 0);
                node.handleDatagrams(replies, (_, _, _, _, _) -> {}, nowNs);
            }
        }
        drainEvents();
    }

    /// A keepalive of the gateway confirms the session.
    private void openAll(Client client, ByteBuffer buffer) {
        var batch = new PacketBatch(buffer, 1);
        batch.add(0, buffer.capacity(), 0);
        client.tunnel.open(batch, 0, 1, nowNs);
    }

    private void drainEvents() {
        boolean more = true;
        while (more) {
            more = node.pollEvent() != null || state.pollEvent() != null;
        }
    }

    /// Nanoseconds for each packet that comes from a client.
    double upNs(long packets) {
        PlaintextSink sink = (id, batch, from, count, now) -> receive(id, batch, from, count);
        long spentNs = 0;
        long done = 0;
        passed = 0;
        while (done < packets) {
            for (var batch : prepared) {
                prepare(batch, client());
            }
            long allocatedBefore = allocatedBytes();
            long beforeNs = System.nanoTime();
            for (var batch : prepared) {
                node.handleDatagrams(batch, sink, nowNs);
            }
            spentNs += System.nanoTime() - beforeNs;
            allocated += allocatedBytes() - allocatedBefore;
            done += (long) PREPARED_RUNS * run;
        }
        requireAll(done);
        return (double) spentNs / done;
    }

    private Client client() {
        // a stride that meets everybody, in an order that no cache guesses
        nextClient = (nextClient + 7919) % peers;
        return clients.get(nextClient);
    }

    private void prepare(DatagramBatch batch, Client client) {
        fill(client.inside, SERVER, true);
        batch.reset(GATEWAY, client.address);
        var sealed = new SealedBatch(batch.packets().buffer(), run);
        sealed.reset(0, 0);
        client.tunnel.seal(plain, 0, run, sealed, nowNs);
        for (int i = 0; i < run; i++) {
            batch.packets().add(sealed.offset(i), sealed.length(i), 0);
        }
    }

    /// A run of TCP segments.
    private void fill(IpAddress source, IpAddress destination, boolean up) {
        var buffer = plain.buffer();
        int slot = buffer.capacity() / run;
        plain.clear();
        for (int i = 0; i < run; i++) {
            int at = i * slot + PacketBatch.HEADROOM_LENGTH;
            buffer.putInt(at, 0x45 << 24 | PACKET_LENGTH);
            buffer.putInt(at + 4, i << 16);
            buffer.putInt(at + 8, 64 << 24 | TCP << 16);
            source.write(buffer, at + 12);
            destination.write(buffer, at + 16);
            buffer.putShort(at + 10, (short) Checksums.ipv4Header(buffer, at, 20));
            buffer.putInt(at + 20, up ? 40_000 << 16 | PORT : PORT << 16 | 40_000);
            buffer.putInt(at + 32, 0x5010 << 16);
            plain.add(at, PACKET_LENGTH, 0);
        }
    }

    private final GatewayOutput count =
            new GatewayOutput() {
                @Override
                public void toTun(PacketBatch packets, int index) {
                    passed++;
                }

                @Override
                public void toPeer(String clientId, PacketBatch packets, int index) {
                    throw new IllegalStateException("refused: " + state.drops());
                }
            };

    private void receive(String id, PacketBatch batch, int from, int number) {
        var view = views.computeIfAbsent(batch.buffer(), b -> new PacketBatch(b, run));
        view.clear();
        for (int i = from; i < from + number; i++) {
            view.add(batch.offset(i), batch.length(i), batch.ecn(i));
        }
        state.handleFromPeer(id, view, count, nowNs);
    }

    /// Heap bytes for each packet since the start, both ways together.
    double allocatedPerPacket() {
        return (double) allocated / counted;
    }

    private static long allocatedBytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    private void requireAll(long done) {
        counted += done;
        if (passed != done) {
            throw new IllegalStateException("%d of %d packets passed".formatted(passed, done));
        }
    }

    private final GatewayOutput seal =
            new GatewayOutput() {
                @Override
                public void toTun(PacketBatch packets, int index) {
                    throw new IllegalStateException("sent back");
                }

                @Override
                public void toPeer(String clientId, PacketBatch packets, int index) {
                    if (index == packets.count() - 1) { // the whole run is one client's
                        passed += node.encapsulate(clientId, packets, 0, index + 1, nowNs);
                    }
                }
            };

    /// Nanoseconds for each packet that goes to a client.
    double downNs(long packets) {
        long spentNs = 0;
        long done = 0;
        passed = 0;
        while (done < packets) {
            fill(SERVER, client().inside, false);
            long allocatedBefore = allocatedBytes();
            long beforeNs = System.nanoTime();
            state.handleFromTun(plain, seal, nowNs);
            sent += drain();
            spentNs += System.nanoTime() - beforeNs;
            allocated += allocatedBytes() - allocatedBefore;
            done += run;
        }
        requireAll(done);
        return (double) spentNs / done;
    }

    /// Returns how many sends it took; the send buffer starts over.
    private int drain() {
        int sends = 0;
        while (node.pollTransmit() != null) {
            sends++;
        }
        return sends;
    }

    /// Share of one core that the peers' timers take when nobody sends anything: every check, rekey
    /// and keepalive of a minute, without the system calls that carry them.
    double idleShare() {
        long endNs = nowNs + IDLE_NS;
        long beforeNs = THREADS.getCurrentThreadCpuTime();
        for (long next = nextTimeout(); next < endNs; next = nextTimeout()) {
            nowNs = Math.max(nowNs, next);
            node.handleTimeout(nowNs);
            state.handleTimeout(nowNs);
            sent += drain();
            drainEvents();
        }
        return (double) (THREADS.getCurrentThreadCpuTime() - beforeNs) / IDLE_NS;
    }

    private long nextTimeout() {
        return Math.min(node.pollTimeout(), state.pollTimeout());
    }

    /// Heap and direct memory that goes when the gateway does; the peers' own ends are gone before.
    /// Call last.
    double bytesPerPeer() {
        clients.forEach(client -> client.tunnel.close());
        clients.clear();
        byAddress.clear();
        long with = usedBytes();
        node = null;
        state = null;
        return (double) (with - usedBytes()) / peers;
    }

    private static long usedBytes() {
        System.gc();
        System.gc();
        long direct =
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + direct;
    }
}
