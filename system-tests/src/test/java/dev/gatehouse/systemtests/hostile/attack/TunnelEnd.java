package dev.gatehouse.systemtests.hostile.attack;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Ecn;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/// Honest ICE and WireGuard for a peer that is not: whatever it hands over goes through the tunnel,
/// unchecked. A thread of its own owns the node.
final class TunnelEnd implements AutoCloseable {
    private static final int BATCH_MAX = 32;
    private static final int WAITING_MAX = 2_048;
    private static final int PACKET_LENGTH_MAX = 1_280;
    private static final int SLOT =
            PacketBatch.HEADROOM_LENGTH + PACKET_LENGTH_MAX + PacketBatch.TAILROOM_LENGTH;
    private static final long TURN_NS = 200_000;
    private static final long STUCK_S = 10;

    /// What to do with the node, on its thread.
    interface Task {
        void run(Node node, long nowNs) throws IOException;
    }

    private record Packet(String peerId, byte[] bytes) {}

    private final MonotonicClock clock = new MonotonicClock();
    private final Node node;
    private final UdpSocket socket = UdpSocket.open(UdpConfig.tunnel(IpAddress.Family.IPV4, 0));
    private final ConcurrentLinkedQueue<Task> tasks = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Packet> packets = new ArrayBlockingQueue<>(WAITING_MAX);
    private final PacketBatch batch = PacketBatch.allocate(BATCH_MAX * SLOT, BATCH_MAX);
    private final BiConsumer<String, byte[]> received;
    private final BiConsumer<TunnelEnd, NodeEvent> events;
    private volatile boolean isClosed;

    /// @param received packets and who sent them, on the node's thread
    /// @param events on the node's thread
    TunnelEnd(
            boolean isClient,
            KeyPair keys,
            BiConsumer<String, byte[]> received,
            BiConsumer<TunnelEnd, NodeEvent> events)
            throws IOException {
        this.received = received;
        this.events = events;
        var aead = Aeads.choose(Optional.of("jdk"));
        var config =
                isClient
                        ? NodeConfig.client(keys, aead, clock.unixOriginNs())
                        : NodeConfig.gateway(keys, aead, clock.unixOriginNs());
        node = new Node(config, new SecureRandom());
        Thread.ofPlatform().daemon().name("tunnel").start(this::live);
    }

    void post(Task task) {
        tasks.add(task);
    }

    /// Waits while many packets wait.
    ///
    /// @throws IOException if none leaves
    void send(String peerId, byte[] packet) throws IOException {
        try {
            if (!packets.offer(new Packet(peerId, packet), STUCK_S, TimeUnit.SECONDS)) {
                throw new IOException("the tunnel is stuck");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /// Whether packets would go somewhere.
    boolean hasPath(String peerId) throws IOException {
        var answer = new ArrayBlockingQueue<Boolean>(1);
        post((n, _) -> answer.add(n.hasPath(peerId)));
        try {
            return Boolean.TRUE.equals(answer.poll(STUCK_S, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void live() {
        var in = UdpSocket.newBatch();
        try {
            while (!isClosed) {
                boolean idle = !turn(in);
                if (idle) {
                    LockSupport.parkNanos(TURN_NS);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            socket.close();
        }
    }

    private boolean turn(dev.gatehouse.wire.DatagramBatch in) throws IOException {
        boolean busy = false;
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run(node, clock.nowNs());
            settle();
        }
        while (socket.receive(in) > 0) {
            node.handleDatagrams(in, this::handlePlaintexts, clock.nowNs());
            settle();
            busy = true;
        }
        busy |= sendBatch();
        if (clock.nowNs() >= node.pollTimeout()) {
            node.handleTimeout(clock.nowNs());
            settle();
        }
        return busy;
    }

    private boolean sendBatch() throws IOException {
        var first = packets.poll();
        if (first == null || socket.hasQueued() && !socket.flush()) {
            return first != null;
        }
        batch.clear();
        add(first);
        for (var next = packets.peek();
                next != null && !batch.isFull() && next.peerId().equals(first.peerId());
                next = packets.peek()) {
            add(packets.remove());
        }
        int done = 0;
        int taken = 1;
        while (done < batch.count() && taken > 0) {
            int left = batch.count() - done;
            taken = node.encapsulate(first.peerId(), batch, done, left, clock.nowNs());
            settle();
            done += taken;
        }
        return true;
    }

    private void add(Packet packet) {
        int at = batch.count() * SLOT + PacketBatch.HEADROOM_LENGTH;
        batch.buffer().put(at, packet.bytes());
        batch.add(at, packet.bytes().length, Ecn.NOT_ECT);
    }

    private void handlePlaintexts(String peerId, PacketBatch in, int from, int count, long nowNs) {
        for (int i = from; i < from + count; i++) {
            var bytes = new byte[Math.max(0, in.length(i))];
            in.buffer().get(in.offset(i), bytes);
            received.accept(peerId, bytes);
        }
    }

    private void settle() throws IOException {
        for (var out = node.pollTransmit(); out != null; out = node.pollTransmit()) {
            if (out.remote().isV4()) {
                socket.send(out);
            }
        }
        for (var event = node.pollEvent(); event != null; event = node.pollEvent()) {
            events.accept(this, event);
        }
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
