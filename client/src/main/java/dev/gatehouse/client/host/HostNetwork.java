package dev.gatehouse.client.host;

import dev.gatehouse.client.resolver.DnsKeeper;
import dev.gatehouse.client.resolver.DnsWish;
import dev.gatehouse.client.state.boundary.TunConfig;
import dev.gatehouse.transport.host.ClientGuard;
import dev.gatehouse.transport.host.ClientNetwork;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the host look as the state wants it: addresses and routes at once, DNS by its keeper.
public final class HostNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNetwork.class);

    private final ClientNetwork network;
    private final NetworkKeeper keeper;
    private final ClientGuard guard;
    private final DnsKeeper dns;
    private boolean up;

    public HostNetwork(ClientNetwork network, DnsKeeper dns) throws IOException {
        this.network = network;
        this.keeper = new NetworkKeeper(network);
        this.guard = new ClientGuard(network.device());
        this.dns = dns;
    }

    public void apply(TunConfig config) throws IOException {
        var own = List.of(config.ipv4(), config.ipv6());
        network.configure(own, config.routes());
        guard.protect(own);
        if (!up) {
            keeper.start();
            up = true;
        }
        dns.want(new DnsWish(config.sentinels(), config.searchDomain()));
        LOG.info("the interface is configured: {} routes", config.routes().size());
    }

    /// The system's resolver may know names that have become ours, or no longer are.
    public void handleResourcesChanged() {
        dns.flushCaches();
    }

    /// Whether addresses, DNS and routes are set.
    public boolean isConfigured() {
        return up && dns.isInForce();
    }

    public DnsKeeper.Report dnsReport() {
        return dns.report();
    }

    /// How often something that others had taken away was put back.
    public long restored() {
        return keeper.restored();
    }

    @Override
    public void close() {
        guard.close();
        keeper.close();
    }
}
