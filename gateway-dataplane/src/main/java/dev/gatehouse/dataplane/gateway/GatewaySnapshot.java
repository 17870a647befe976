package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.dataplane.gateway.nat.NatFlow;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// All that a restarted data plane needs to go on.
///
/// Translations are in it because who downloads may send nothing that would make them again. What
/// is not in it: when they were last used (they are as good as used at the restart), and those that
/// ended, which only keep late answers from being taken for those of another resource.
public record GatewaySnapshot(
        Optional<Interface> tunnel,
        List<Authorization> authorizations,
        List<DnsMapping> mappings,
        List<NatFlow> flows) {
    public GatewaySnapshot {
        authorizations = List.copyOf(authorizations);
        mappings = List.copyOf(mappings);
        flows = List.copyOf(flows);
    }

    /// The gateway's own tunnel addresses.
    public record Interface(IpAddress v4, IpAddress v6) {}
}
