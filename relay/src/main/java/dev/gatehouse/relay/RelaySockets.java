package dev.gatehouse.relay;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.util.Arrays;

/// All sockets of a relay, found by descriptor, and by port and family. Owned by one shard.
final class RelaySockets implements AutoCloseable {
    private static final int PORTS = 65_536;

    /// Taken once a kernel buffer has overflowed; beyond it datagrams are dropped and counted.
    private static final int LISTENER_QUEUE_BYTES = 4 << 20;

    private static final int ALLOCATION_QUEUE_BYTES = 256 << 10;

    private final Poller poller;
    private final UdpSocket[] v4ByPort = new UdpSocket[PORTS];
    private final UdpSocket[] v6ByPort = new UdpSocket[PORTS];
    private UdpSocket[] byDescriptor = new UdpSocket[64];

    RelaySockets(Poller poller) {
        this.poller = poller;
    }

    void openListener(Endpoint local) throws IOException {
        open(UdpConfig.server(local).withSendQueueBytes(LISTENER_QUEUE_BYTES));
    }

    void openAllocation(Endpoint local) throws IOException {
        open(UdpConfig.server(local).withSendQueueBytes(ALLOCATION_QUEUE_BYTES));
    }

    private void open(UdpConfig config) throws IOException {
        var socket = UdpSocket.open(config);
        try {
            poller.add(socket.fd());
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        ports(socket.family())[socket.port()] = socket;
        if (socket.fd() >= byDescriptor.length) {
            byDescriptor = Arrays.copyOf(byDescriptor, 2 * Integer.highestOneBit(socket.fd()));
        }
        byDescriptor[socket.fd()] = socket;
    }

    /// Does nothing if that port was never opened.
    void close(int port, Family family) throws IOException {
        var socket = ports(family)[port];
        if (socket != null) {
            ports(family)[port] = null;
            byDescriptor[socket.fd()] = null;
            poller.remove(socket.fd());
            socket.close();
        }
    }

    private UdpSocket[] ports(Family family) {
        return switch (family) {
            case IPV4 -> v4ByPort;
            case IPV6 -> v6ByPort;
        };
    }

    /// Null if that descriptor belongs to no socket any more.
    UdpSocket ofDescriptor(int fd) {
        return fd < byDescriptor.length ? byDescriptor[fd] : null;
    }

    /// Sends from the port of the local endpoint, in the family of the remote one.
    void send(Transmit datagrams) throws IOException {
        var socket = ports(datagrams.remote().family())[datagrams.local().port()];
        if (socket == null) {
            return; // closed by an action before this one
        }
        switch (socket.send(datagrams)) {
            case SENT, DROPPED -> {}
            case QUEUED -> poller.watchWritable(socket.fd(), true);
        }
    }

    void flush(UdpSocket socket) throws IOException {
        if (socket.flush()) {
            poller.watchWritable(socket.fd(), false);
        }
    }

    @Override
    public void close() {
        for (var socket : byDescriptor) {
            if (socket != null) {
                socket.close();
            }
        }
    }
}
