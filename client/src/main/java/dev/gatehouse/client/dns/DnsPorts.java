package dev.gatehouse.client.dns;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// UDP sockets for DNS queries, each with a port of its own that the kernel picks at random, closed
/// with the answer: a stranger has to guess port and id (RFC 5452 section 9.2). Past [#OPEN_MAX] a
/// query shares the port of another one, picked at random, and that is counted.
///
/// Not thread-safe: owned by the loop.
final class DnsPorts {
    static final int OPEN_MAX = 128;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int SEND_QUEUE_BYTES = 1 << 12;

    /// One socket and how many queries wait for answers on it.
    static final class Port {
        private final UdpSocket socket;
        private int queries = 1;

        private Port(UdpSocket socket) {
            this.socket = socket;
        }

        UdpSocket socket() {
            return socket;
        }
    }

    private final Poller poller;
    private final RandomGenerator random;
    private final List<Port> open = new ArrayList<>();
    private long shared;

    DnsPorts(Poller poller, RandomGenerator random) {
        this.poller = poller;
        this.random = random;
    }

    /// A port for one query; to be given back.
    ///
    /// @throws IOException if there is no socket of that family
    Port take(IpAddress.Family family) throws IOException {
        if (open.size() < OPEN_MAX) {
            return open(family);
        }
        var alike = open.stream().filter(p -> p.socket.family() == family).toList();
        if (alike.isEmpty()) {
            throw new IOException("all sockets are in use");
        }
        var port = alike.get(random.nextInt(alike.size()));
        port.queries++;
        shared++;
        return port;
    }

    private Port open(IpAddress.Family family) throws IOException {
        var config =
                UdpConfig.tunnel(family, 0)
                        .withBuffers(BUFFER_BYTES, BUFFER_BYTES)
                        .withSendQueueBytes(SEND_QUEUE_BYTES)
                        .withOffloads(false);
        var port = new Port(UdpSocket.open(config));
        poller.add(port.socket.fd());
        open.add(port);
        return port;
    }

    void giveBack(Port port) throws IOException {
        port.queries--;
        if (port.queries == 0) {
            open.remove(port);
            close(port);
        }
    }

    private void close(Port port) throws IOException {
        poller.remove(port.socket.fd());
        port.socket.close();
    }

    /// The ports on which answers are awaited. A copy: those given back meanwhile are closed.
    List<Port> open() {
        return open.isEmpty() ? List.of() : List.copyOf(open);
    }

    /// Queries so far that had to share a port.
    long shared() {
        return shared;
    }

    void closeAll() throws IOException {
        for (var port : open) {
            close(port);
        }
        open.clear();
    }
}
