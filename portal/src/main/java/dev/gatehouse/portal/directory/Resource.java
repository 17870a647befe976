package dev.gatehouse.portal.directory;

import java.util.List;
import java.util.Optional;

/// Something behind a gateway that clients may be allowed to reach.
public record Resource(
        String id,
        Type type,
        String name,
        String address,
        Optional<String> description,
        List<Filter> filters,
        IpStack ipStack,
        List<String> siteIds,
        boolean enabled) {
    public Resource {
        filters = List.copyOf(filters);
        siteIds = List.copyOf(siteIds);
    }

    /// How the address is written; an IP resource is rendered as a CIDR of full length.
    public enum Type {
        CIDR,
        IP,
        DNS,
        INTERNET
    }

    /// Which families the name of a DNS resource is resolved for.
    public enum IpStack {
        DUAL,
        IPV4_ONLY,
        IPV6_ONLY
    }

    /// Permits one protocol, for TCP and UDP in an inclusive port range.
    public record Filter(Protocol protocol, int portStart, int portEnd) {}

    /// What a filter can permit.
    public enum Protocol {
        TCP,
        UDP,
        ICMP
    }

    /// What a gateway's state for this resource hangs on: a change of any of it takes the access
    /// away and has it requested again (portal-channel.md 7.8).
    public String identity() {
        return type + "|" + address + "|" + ipStack;
    }

    public Resource withEnabled(boolean value) {
        return new Resource(id, type, name, address, description, filters, ipStack, siteIds, value);
    }
}
