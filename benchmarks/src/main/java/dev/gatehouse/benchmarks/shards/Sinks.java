package dev.gatehouse.benchmarks.shards;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.connectivity.PlaintextSink;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wireguard.crypto.Aeads;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The clients of all fleets: real ICE and handshakes, but sealed packets are counted, not opened,
/// but for the first of each client. One thread; the counters may be read by any.
final class Sinks {
    private static final int BUFFER_BYTES = 8 << 20;
    private static final int WIREGUARD_DATA = 4;
    private static final int OPENED = 100; // packets of each client
    private static final long IDLE_NS = 200_000;

    private final MonotonicClock clock = new MonotonicClock();
    private final List<Fleet> fleets;
    private final List<Client> clients = new ArrayList<>();
    private final DatagramBatch batch = UdpSocket.newBatch();
    private volatile long packets;
    private volatile long connected;
    private volatile long verified; // clients whose packets could be opened

    private final class Client {
        private final Node node;
        private final UdpSocket socket;
        private final PlaintextSink sink = (_, _, _, count, _) -> opened(count);
        private int opened;

        Client(Fleet fleet, Fleet.Member member) throws IOException {
            var aead = Aeads.choose(Optional.of("jdk"));
            node =
                    new Node(
                            NodeConfig.client(member.keys(), aead, clock.unixOriginNs()),
                            new SecureRandom());
            socket =
                    UdpSocket.open(
                            UdpConfig.server(member.outside())
                                    .withBuffers(BUFFER_BYTES, BUFFER_BYTES));
            node.restore(member.state(fleet.gatewayKeys()), clock.nowNs());
            settle();
        }

        private void opened(int count) {
            if (opened < OPENED && opened + count >= OPENED) {
                verified++;
            }
            opened += count;
        }

        boolean turn() throws IOException {
            int count = socket.receive(batch);
            if (count > 0 && isData() && opened >= OPENED) {
                packets += count;
            } else if (count > 0) {
                packets += isData() ? count : 0;
                node.handleDatagrams(batch, sink, clock.nowNs());
                settle();
            }
            if (clock.nowNs() >= node.pollTimeout()) {
                node.handleTimeout(clock.nowNs());
                settle();
            }
            return count > 0;
        }

        private void settle() throws IOException {
            for (var out = node.pollTransmit(); out != null; out = node.pollTransmit()) {
                socket.send(out);
            }
            for (var event = node.pollEvent(); event != null; event = node.pollEvent()) {
                connected += event instanceof NodeEvent.Connected ? 1 : 0;
                if (event instanceof NodeEvent.Failed(_, var reason)) {
                    throw new IOException("a client lost its connection: " + reason);
                }
            }
        }
    }

    Sinks(List<Fleet> fleets) {
        this.fleets = fleets;
    }

    /// Equal lengths but the last: what begins with data is data.
    private boolean isData() {
        var first = batch.packets();
        int last = first.count() - 1;
        return first.buffer().get(first.offset(0)) == WIREGUARD_DATA
                && first.buffer().get(first.offset(last)) == WIREGUARD_DATA;
    }

    void run() throws IOException {
        try (var poller = new Poller()) {
            for (var fleet : fleets) {
                for (var member : fleet.members()) {
                    var client = new Client(fleet, member);
                    clients.add(client);
                    poller.add(client.socket.fd());
                }
            }
            while (!Thread.currentThread().isInterrupted()) {
                boolean any = false;
                for (var client : clients) {
                    any |= client.turn();
                }
                if (!any) {
                    poller.poll(IDLE_NS);
                }
            }
        } finally {
            clients.forEach(client -> client.socket.close());
        }
    }

    /// Sealed packets that have arrived.
    long packets() {
        return packets;
    }

    long connected() {
        return connected;
    }

    long verified() {
        return verified;
    }
}
