package dev.gatehouse.dataplane.shard;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.host.HostGuard;
import dev.gatehouse.transport.host.GatewayNetwork;
import dev.gatehouse.transport.host.LinkConfig;
import dev.gatehouse.transport.host.RouteMonitor;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunOwner;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The descriptors of a shard: two UDP sockets and a TUN device. Owned by the shard's thread.
final class ShardIo implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardIo.class);
    private static final int PORT_OF_EITHER = -1;

    private final Poller poller;
    private final DataplaneConfig config;
    private final int shard;
    private final RouteMonitor monitor;
    private LinuxTun tun;
    private List<IpAddress> addresses = List.of();
    private final Optional<UdpSocket> v4;
    private final Optional<UdpSocket> v6;
    private final List<UdpSocket> sockets = new ArrayList<>();
    private final List<UdpSocket> waiting = new ArrayList<>();
    private long unsendable;

    private ShardIo(Poller poller, LinuxTun tun, DataplaneConfig config, int shard, int port)
            throws IOException {
        this.poller = poller;
        this.config = config;
        this.shard = shard;
        this.tun = tun;
        v4 = open(config, IpAddress.Family.IPV4, port);
        v6 = open(config, IpAddress.Family.IPV6, port);
        v4.ifPresent(sockets::add);
        v6.ifPresent(sockets::add);
        if (sockets.isEmpty()) {
            throw new IOException("no UDP socket can be opened, neither for IPv4 nor for IPv6");
        }
        monitor = new RouteMonitor();
        poller.add(monitor.fd());
        poller.add(tun.fd());
        for (var socket : sockets) {
            poller.add(socket.fd());
        }
    }

    /// Opens everything; the TUN device has no addresses and is down.
    ///
    /// @param shard its number, from 0
    /// @param port first choice for both sockets
    static ShardIo open(Poller poller, DataplaneConfig config, int shard, int port)
            throws IOException {
        if (shard == 0) {
            GatewayNetwork.block(HostGuard.RANGES);
        }
        var tun = openTun(config, shard);
        try {
            return new ShardIo(poller, tun, config, shard, port);
        } catch (IOException e) {
            tun.close();
            throw e;
        }
    }

    private static LinuxTun openTun(DataplaneConfig config, int shard) throws IOException {
        return LinuxTun.open(
                TunOwner.GATEWAY, config.tunName(shard), DataplaneConfig.MTU, config.offloads());
    }

    private static Optional<UdpSocket> open(
            DataplaneConfig config, IpAddress.Family family, int port) {
        try {
            return Optional.of(
                    UdpSocket.open(
                            UdpConfig.tunnel(family, port)
                                    .withBuffers(
                                            config.receiveBufferBytes(), config.sendBufferBytes())
                                    .withDatagramLengthMax(Node.DATAGRAM_LENGTH_MAX)
                                    .withOffloads(config.offloads())));
        } catch (IOException e) {
            LOG.warn("no UDP socket for {}: {}", family, e.getMessage());
            return Optional.empty();
        }
    }

    /// Gives the device its addresses; the first time also link, routes and rules. The tunnel
    /// ranges lead to shard 0; [ClientRoutes] leads the clients of others to their devices, which
    /// have the same addresses, so that the host answers clients of all from the tunnel's own.
    void configure(IpAddress tunnelV4, IpAddress tunnelV6) throws IOException {
        addresses = List.of(tunnelV4, tunnelV6);
        configure();
    }

    private void configure() throws IOException {
        try (var device = new LinkConfig(tun.name());
                var network = new GatewayNetwork()) {
            device.setAddresses(addresses);
            device.linkUp();
            if (shard == 0) {
                network.ensureRoutes(tun.name(), HostGuard.RANGES);
                network.ensureRules(config.tunNames());
            }
        }
    }

    /// Makes the TUN device again, which somebody has deleted, with all that it had.
    void reopenTun() throws IOException {
        poller.remove(tun.fd());
        tun.close();
        tun = openTun(config, shard);
        poller.add(tun.fd());
        if (!addresses.isEmpty()) {
            configure();
        }
    }

    /// The ports that are in use, the IPv4 one first; a successor takes the same.
    int port() {
        return sockets.isEmpty() ? PORT_OF_EITHER : sockets.getFirst().port();
    }

    LinuxTun tun() {
        return tun;
    }

    /// One or two.
    List<UdpSocket> sockets() {
        return sockets;
    }

    /// Sends all that the node has to send.
    void drain(Node node) throws IOException {
        for (var out = node.pollTransmit(); out != null; out = node.pollTransmit()) {
            var socket = out.remote().isV4() ? v4 : v6;
            if (socket.isEmpty()) {
                unsendable += out.segments();
                continue;
            }
            socket.get().send(out);
            if (socket.get().hasQueued() && !waiting.contains(socket.get())) {
                waiting.add(socket.get());
                poller.watchWritable(socket.get().fd(), true);
            }
        }
    }

    void handleLongOnesLost(Endpoint remote) {
        (remote.isV4() ? v4 : v6).ifPresent(socket -> socket.handleLongOnesLost(remote.address()));
    }

    /// Sends what waited for room in the kernel's buffers.
    void flush() throws IOException {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            var socket = waiting.get(i);
            if (socket.flush()) {
                waiting.remove(i);
                poller.watchWritable(socket.fd(), false);
            }
        }
    }

    /// Whether a link, an address or a route of the host has changed since the last call.
    boolean hasNetworkChanged() throws IOException {
        return monitor.hasChanged();
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /// Datagrams for a family without socket.
    long unsendable() {
        return unsendable;
    }

    @Override
    public void close() {
        sockets.forEach(UdpSocket::close);
        monitor.close();
        tun.close();
    }
}
