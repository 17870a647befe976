package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// All that a restarted data plane needs to go on. NAT sessions are not in it: the next outbound
/// packet of a flow makes them again, with the same port.
public record GatewaySnapshot(
        Optional<Interface> tunnel, List<Authorization> authorizations, List<DnsMapping> mappings) {
    public GatewaySnapshot {
        authorizations = List.copyOf(authorizations);
        mappings = List.copyOf(mappings);
    }

    /// The gateway's own tunnel addresses.
    public record Interface(IpAddress v4, IpAddress v6) {}
}
