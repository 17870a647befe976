package dev.gatehouse.client.loop;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.udp.SendOutcome;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One UDP socket per family that the host has. Owned by the loop.
final class ClientSockets {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSockets.class);

    private static final int PORT = 52_625; // preferred; any other if it is taken

    private final Poller poller;
    private final List<UdpSocket> sockets = new ArrayList<>();

    ClientSockets(Poller poller) {
        this.poller = poller;
    }

    /// @throws IOException if no family has a socket
    void open(ClientAgent.Settings settings) throws IOException {
        IOException failure = null;
        for (var family : IpAddress.Family.values()) {
            try {
                var config =
                        UdpConfig.tunnel(family, PORT)
                                .withBuffers(settings.receiveBytes(), settings.sendBytes())
                                .withOffloads(settings.offloads());
                var socket = UdpSocket.open(config);
                sockets.add(socket);
                poller.add(socket.fd());
            } catch (IOException e) {
                LOG.info("no {} socket: {}", family, e.getMessage());
                failure = e;
            }
        }
        if (sockets.isEmpty() && failure != null) {
            throw failure;
        }
    }

    List<UdpSocket> all() {
        return sockets;
    }

    void send(Transmit transmit) throws IOException {
        for (var socket : sockets) {
            if (socket.family() == transmit.remote().family()) {
                if (socket.send(transmit) == SendOutcome.QUEUED) {
                    poller.watchWritable(socket.fd(), true);
                }
                return;
            }
        }
    }

    void handleLongOnesLost(Endpoint remote) {
        for (var socket : sockets) {
            if (socket.family() == remote.family()) {
                socket.handleLongOnesLost(remote.address());
            }
        }
    }

    void flush() throws IOException {
        for (var socket : sockets) {
            if (socket.hasQueued() && socket.flush()) {
                poller.watchWritable(socket.fd(), false);
            }
        }
    }

    void close() throws IOException {
        for (var socket : sockets) {
            poller.remove(socket.fd());
            socket.close();
        }
        sockets.clear();
    }
}
