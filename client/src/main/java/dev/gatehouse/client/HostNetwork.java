package dev.gatehouse.client;

import dev.gatehouse.client.state.TunConfig;
import dev.gatehouse.transport.NetworkConfig;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the host look as the state wants it: addresses and routes at once, DNS by its keeper.
final class HostNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNetwork.class);
    private static final long COMMAND_SECONDS_MAX = 5;

    private final NetworkConfig network;
    private final DnsKeeper dns;
    private final List<IpAddress> portal;
    private boolean up;

    /// @param portal its addresses never go through the tunnel
    HostNetwork(NetworkConfig network, DnsKeeper dns, List<IpAddress> portal) {
        this.network = network;
        this.dns = dns;
        this.portal = portal;
    }

    /// The addresses of a host; none if it cannot be resolved.
    static List<IpAddress> resolve(String host) {
        try {
            return Arrays.stream(InetAddress.getAllByName(host))
                    .map(inet -> IpAddress.ofBytes(inet.getAddress()))
                    .toList();
        } catch (UnknownHostException _) {
            return List.of();
        }
    }

    void apply(TunConfig config) throws IOException {
        network.setAddresses(List.of(config.ipv4(), config.ipv6()));
        if (!up) {
            network.linkUp();
            network.addRules();
            network.mirrorLinkScopeRoutes();
            portal.forEach(HostNetwork::bypass);
            up = true;
        }
        network.setRoutes(config.routes());
        dns.want(new DnsWish(config.sentinels(), config.searchDomain()));
        LOG.info("the interface is configured: {} routes", config.routes().size());
    }

    /// The portal's socket carries no mark: its address must leave the tunnel's table again.
    private static void bypass(IpAddress address) {
        var family = address.isV4() ? "-4" : "-6";
        var table = Integer.toUnsignedString(NetworkConfig.TABLE);
        var network = IpNetwork.host(address).toString();
        var command =
                Stream.of("ip", family, "route", "replace", "throw", network, "table", table)
                        .toList();
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            LOG.debug("no bypass for the portal: {}", e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The system's resolver may know names that have become ours, or no longer are.
    void handleResourcesChanged() {
        dns.flushCaches();
    }

    /// Whether addresses, DNS and routes are set.
    boolean isConfigured() {
        return up && dns.isInForce();
    }

    DnsKeeper.Report dnsReport() {
        return dns.report();
    }

    /// The local networks have changed.
    void followLinks() {
        try {
            if (up) {
                network.mirrorLinkScopeRoutes();
            }
        } catch (IOException e) {
            LOG.debug("cannot mirror link routes: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
