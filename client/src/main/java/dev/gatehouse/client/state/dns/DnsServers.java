package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.flow.ResourceTable;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.client.state.name.Sentinels;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.List;

/// The servers behind sentinels: those that the portal names, else those of the system (client.md
/// 8). Our own sentinels do not count.
final class DnsServers {
    private final ResourceTable resources;
    private final Sentinels sentinels = new Sentinels();
    private boolean isUpstream;

    DnsServers(ResourceTable resources) {
        this.resources = resources;
    }

    /// Returns true if others are asked than before.
    boolean update(List<Endpoint> upstream, List<Endpoint> system) {
        var portals = withoutSentinels(upstream);
        isUpstream = !portals.isEmpty();
        return sentinels.update(isUpstream ? portals : withoutSentinels(system));
    }

    private static List<Endpoint> withoutSentinels(List<Endpoint> servers) {
        return servers.stream().filter(s -> !AddressPlan.isSentinel(s.address())).toList();
    }

    Sentinels sentinels() {
        return sentinels;
    }

    /// The server behind a sentinel, or null.
    Endpoint behind(IpAddress sentinel) {
        return sentinels.server(sentinel);
    }

    /// Whether a server is reached through a resource; those of the system never are.
    boolean isThroughTunnel(Endpoint server) {
        return isUpstream && resources.isRouted(server.address());
    }
}
