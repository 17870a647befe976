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

/// Makes the host look as the state wants it: addresses, then DNS, then routes.
final class HostNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNetwork.class);
    private static final long COMMAND_SECONDS_MAX = 5;

    private final NetworkConfig network;
    private final DnsControl dnsControl;
    private final ResolvConf resolvConf;
    private final Resolved resolved;
    private final List<IpAddress> portal;
    private boolean up;

    /// @param portal its addresses never go through the tunnel
    HostNetwork(NetworkConfig network, ClientSettings settings, List<IpAddress> portal) {
        this.network = network;
        this.dnsControl = settings.dnsControl();
        this.resolvConf = new ResolvConf(settings.resolvConf());
        this.resolved = new Resolved(Resolved.TOOL, network.name());
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
        switch (dnsControl) {
            case ETC_RESOLV_CONF -> resolvConf.set(config.sentinels(), config.searchDomain());
            case SYSTEMD_RESOLVED -> resolved.set(config.sentinels(), config.searchDomain());
            case DISABLED -> {}
        }
        network.setRoutes(config.routes());
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
        try {
            if (up && dnsControl == DnsControl.SYSTEMD_RESOLVED) {
                resolved.flushCaches();
            }
        } catch (IOException e) {
            LOG.debug("old names stay cached: {}", e.getMessage());
        }
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
        try {
            if (dnsControl == DnsControl.ETC_RESOLV_CONF) {
                resolvConf.revert();
            }
        } catch (IOException e) {
            LOG.warn("resolv.conf is not restored: {}", e.getMessage());
        }
        network.close();
    }
}
