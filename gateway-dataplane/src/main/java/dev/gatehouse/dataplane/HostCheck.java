package dev.gatehouse.dataplane;

import dev.gatehouse.dataplane.config.ConfigurationException;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.host.TunNames;
import dev.gatehouse.dataplane.rpc.RpcSocket;
import dev.gatehouse.transport.host.Nft;
import dev.gatehouse.transport.process.Capabilities;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunException;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;

/// What must be right before anything starts; each failure is one line for whoever runs it.
final class HostCheck {
    private HostCheck() {}

    static void run(DataplaneConfig config) throws ConfigurationException {
        requireNetAdmin();
        try {
            LinuxTun.requireAvailable();
        } catch (TunException e) {
            throw new ConfigurationException(e.getMessage());
        }
        if (config.masquerade() && Nft.find().isEmpty()) {
            throw new ConfigurationException(
                    "nft is not on the path: install nftables, or masquerade yourself and set"
                            + " FIREZONE_NO_MASQUERADE=true");
        }
        if (!Epoll.isAvailable()) {
            throw new ConfigurationException(
                    "Netty's epoll library cannot be loaded (%s): the class path needs"
                                    .formatted(Epoll.unavailabilityCause().getMessage())
                            + " netty-transport-native-epoll for this machine");
        }
        new RpcSocket(config.rpcSocket(), config.rpcPeerUid()).prepare();
    }

    /// Not part of a mere check: that may be asked for while the gateway runs.
    static void requireAlone() throws ConfigurationException {
        var occupied = TunNames.occupied();
        if (occupied.isPresent()) {
            throw new ConfigurationException(occupied.get());
        }
    }

    private static void requireNetAdmin() throws ConfigurationException {
        try {
            if (!Capabilities.has(Capabilities.Capability.NET_ADMIN)) {
                throw new ConfigurationException(
                        "CAP_NET_ADMIN is missing: run as root, with AmbientCapabilities"
                                + " (systemd), or with capabilities.add NET_ADMIN (Kubernetes)");
            }
        } catch (IOException e) {
            throw new ConfigurationException("capabilities cannot be read: " + e.getMessage());
        }
    }
}
