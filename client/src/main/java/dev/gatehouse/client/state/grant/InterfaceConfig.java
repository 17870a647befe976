package dev.gatehouse.client.state.grant;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// What the portal says about this client's tunnel.
///
/// @param upstreamDns servers to ask instead of the system's; empty to ask those
public record InterfaceConfig(
        IpAddress ipv4, IpAddress ipv6, List<Endpoint> upstreamDns, Optional<String> searchDomain) {
    public InterfaceConfig {
        upstreamDns = List.copyOf(upstreamDns);
    }
}
