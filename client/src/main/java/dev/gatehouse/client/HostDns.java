package dev.gatehouse.client;

import dev.gatehouse.client.state.ClientState;
import dev.gatehouse.client.state.DnsPayload;
import dev.gatehouse.transport.SendOutcome;
import dev.gatehouse.transport.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Asks real servers over the host's network, past the tunnel (client.md 12.2). Each query gets an
/// id of its own; a server that is silent for 5 s is given up.
final class HostDns {
    private static final long NEVER = Long.MAX_VALUE;
    private static final long TIMEOUT_NS = Duration.ofSeconds(5).toNanos();

    private record Key(Endpoint server, int id) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byServer = server.compareTo(other.server);
            return byServer != 0 ? byServer : Integer.compare(id, other.id);
        }
    }

    private record Asked(Key key, long ticket, short originalId, long expiresAtNs) {}

    private final List<UdpSocket> sockets;
    private final RandomGenerator random;
    private final ClientState state;
    private final Map<Key, Asked> open = new TreeMap<>();
    private final ArrayDeque<Asked> oldestFirst = new ArrayDeque<>();
    private final DatagramBatch received = UdpSocket.newBatch();
    private final Transmit transmit = new Transmit();

    HostDns(List<UdpSocket> sockets, RandomGenerator random, ClientState state) {
        this.sockets = sockets;
        this.random = random;
        this.state = state;
    }

    void ask(long ticket, Endpoint server, DnsPayload query, long nowNs) throws IOException {
        for (var socket : sockets) {
            if (socket.family() == server.family()) {
                send(socket, ticket, server, query, nowNs);
                return;
            }
        }
        state.handleDnsFailure(ticket);
    }

    private void send(UdpSocket socket, long ticket, Endpoint server, DnsPayload query, long nowNs)
            throws IOException {
        var bytes = ByteBuffer.wrap(query.bytes().clone());
        var key = new Key(server, random.nextInt(1 << 16));
        while (open.containsKey(key)) {
            key = new Key(server, random.nextInt(1 << 16));
        }
        var asked = new Asked(key, ticket, bytes.getShort(0), nowNs + TIMEOUT_NS);
        open.put(key, asked);
        oldestFirst.add(asked);
        bytes.putShort(0, (short) key.id);
        transmit.path(Endpoint.any(server.family()), server);
        transmit.content(bytes, 0, bytes.capacity(), bytes.capacity(), 0);
        if (socket.send(transmit) == SendOutcome.DROPPED) {
            open.remove(key);
            oldestFirst.remove(asked);
            state.handleDnsFailure(ticket);
        }
    }

    /// Returns datagrams received.
    int receive(long nowNs) throws IOException {
        int work = 0;
        for (var socket : sockets) {
            int count = socket.receive(received);
            for (int i = 0; i < count; i++) {
                handle(received.packets().offset(i), received.packets().length(i), nowNs);
            }
            work += count;
        }
        return work;
    }

    private void handle(int offset, int length, long nowNs) {
        if (length < 2) {
            return;
        }
        var buffer = received.packets().buffer();
        int id = Short.toUnsignedInt(buffer.getShort(offset));
        var asked = open.remove(new Key(received.remote(), id));
        if (asked != null) {
            var bytes = new byte[length];
            buffer.get(offset, bytes);
            ByteBuffer.wrap(bytes).putShort(0, asked.originalId);
            oldestFirst.remove(asked);
            state.handleDnsResponse(asked.ticket, new DnsPayload(bytes), nowNs);
        }
    }

    void handleTimeout(long nowNs) {
        while (!oldestFirst.isEmpty() && nowNs >= oldestFirst.peek().expiresAtNs) {
            var silent = oldestFirst.remove();
            open.remove(silent.key);
            state.handleDnsTimeout(silent.ticket);
        }
    }

    long pollTimeout() {
        return oldestFirst.isEmpty() ? NEVER : oldestFirst.peek().expiresAtNs;
    }
}
