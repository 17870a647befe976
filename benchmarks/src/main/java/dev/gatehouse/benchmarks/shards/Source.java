package dev.gatehouse.benchmarks.shards;

import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/// The resource: UDP super-packets to one client after the other, never more on the way than a
/// window. One thread; the rest may be called by any.
final class Source {
    /// Bytes of UDP payload in a packet of 1280.
    static final int PAYLOAD_LENGTH = 1252;

    private static final Endpoint LOCAL = Endpoint.parse("10.77.0.10:5000");
    private static final int PORT = 5001;
    private static final int SEGMENTS = 52;
    private static final long WINDOW = 128 * SEGMENTS; // packets
    private static final long WAIT_NS = 30_000;
    private static final long LOST_NS = 50_000_000; // without any arrival
    private static final long PAUSE_NS = 5_000_000;

    private final LongSupplier arrived;
    private volatile List<Endpoint> targets = List.of();
    private volatile long lost;
    private long sent;

    /// @param arrived packets that have come to the clients
    Source(LongSupplier arrived) {
        this.arrived = arrived;
    }

    /// Sends to these clients from now on; nothing if there is none.
    void target(Fleet fleet) {
        targets = fleet.members().stream().map(m -> new Endpoint(m.inside(), PORT)).toList();
    }

    void pause() {
        targets = List.of();
    }

    /// Packets that never came.
    long lost() {
        return lost;
    }

    void run() throws IOException {
        var transmit = new Transmit();
        var buffer = ByteBuffer.allocateDirect(SEGMENTS * PAYLOAD_LENGTH);
        try (var socket = UdpSocket.open(UdpConfig.server(LOCAL))) {
            int next = 0;
            while (!Thread.currentThread().isInterrupted()) {
                var all = targets;
                if (all.isEmpty()) {
                    LockSupport.parkNanos(PAUSE_NS);
                    continue;
                }
                awaitRoom();
                transmit.path(Endpoint.ANY_V4, all.get(next++ % all.size()));
                transmit.content(buffer, 0, buffer.capacity(), PAYLOAD_LENGTH, 0);
                socket.send(transmit);
                sent += SEGMENTS;
            }
        }
    }

    private void awaitRoom() {
        long seen = arrived.getAsLong();
        long sinceNs = System.nanoTime();
        while (sent - lost - arrived.getAsLong() > WINDOW - SEGMENTS) {
            LockSupport.parkNanos(WAIT_NS);
            long now = arrived.getAsLong();
            if (now != seen) {
                seen = now;
                sinceNs = System.nanoTime();
            } else if (System.nanoTime() - sinceNs > LOST_NS) {
                lost = sent - now;
            }
        }
    }
}
