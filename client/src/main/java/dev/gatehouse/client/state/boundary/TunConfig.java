package dev.gatehouse.client.state.boundary;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.Optional;

/// How the tunnel's interface is to look: addresses, name servers, routes (client.md 7).
///
/// @param sentinels addresses that stand for DNS servers, in the order of the servers
public record TunConfig(
        IpAddress ipv4,
        IpAddress ipv6,
        List<IpAddress> sentinels,
        Optional<String> searchDomain,
        List<IpNetwork> routes) {
    public TunConfig {
        sentinels = List.copyOf(sentinels);
        routes = List.copyOf(routes);
    }
}
