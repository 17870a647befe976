package dev.gatehouse.dataplane.gateway.name;

import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// What one client's proxy addresses for one name of one resource stand for.
///
/// @param domain in lower case, without a trailing dot
/// @param resolved what the name resolved to, sorted
public record DnsMapping(
        String clientId,
        String resourceId,
        String domain,
        List<Entry> entries,
        List<IpAddress> resolved) {
    public DnsMapping {
        entries = List.copyOf(entries);
        resolved = List.copyOf(resolved);
    }

    /// @param target empty: the name has no address of that family
    public record Entry(IpAddress proxy, Optional<IpAddress> target) {}
}
