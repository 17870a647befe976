package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropCounters;
import dev.gatehouse.connectivity.path.Outbox;
import dev.gatehouse.connectivity.path.Relays;
import dev.gatehouse.connectivity.peer.PeerAddresses;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.random.RandomGenerator;

/// What all connections of a node share. Owned by the node's thread.
final class NodeContext {
    private static final int SEND_BUFFER_BYTES = 512 * 1024;
    private static final int SCRATCH_PACKETS = 64;

    private final NodeConfig config;
    private final RandomGenerator random;
    private final DropCounters drops = new DropCounters();
    private final Outbox outbox = new Outbox(SEND_BUFFER_BYTES, drops);
    private final TransactionOwners transactions = new TransactionOwners();
    private final PeerAddresses peerAddresses = new PeerAddresses();
    private final Queue<NodeEvent> events = new ArrayDeque<>(); // drained after each mutation
    private final PacketBatch scratch =
            PacketBatch.allocate(SCRATCH_PACKETS * Node.PACKET_LENGTH_MAX, SCRATCH_PACKETS);
    private final Relays relays;
    private final HandshakeGate gate;

    NodeContext(NodeConfig config, RandomGenerator random) {
        this.config = config;
        this.random = random;
        var key = config.keyPair().publicKey();
        this.gate = new HandshakeGate(key, HandshakeGate.HANDSHAKES_PER_SECOND, random, 0);
        this.relays = new Relays(config.software(), random, outbox, drops);
    }

    NodeConfig config() {
        return config;
    }

    RandomGenerator random() {
        return random;
    }

    DropCounters drops() {
        return drops;
    }

    Outbox outbox() {
        return outbox;
    }

    TransactionOwners transactions() {
        return transactions;
    }

    PeerAddresses peerAddresses() {
        return peerAddresses;
    }

    Queue<NodeEvent> events() {
        return events;
    }

    /// For parked packets on their way out.
    PacketBatch scratch() {
        return scratch;
    }

    Relays relays() {
        return relays;
    }

    HandshakeGate gate() {
        return gate;
    }
}
