package dev.gatehouse.dataplane.gateway.filter;

import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;

/// What a client may be authorized for, tunnel.md section 7.1. Ids are lower-case UUIDs.
public sealed interface ResourceSpec {
    String id();

    /// For people; never interpreted.
    String name();

    /// Empty: everything is admitted.
    List<Filter> filters();

    /// A network, or one address as a host network.
    record Cidr(String id, String name, IpNetwork network, List<Filter> filters)
            implements ResourceSpec {
        public Cidr {
            filters = List.copyOf(filters);
        }
    }

    /// Names that match a pattern.
    record Dns(String id, String name, DomainPattern pattern, List<Filter> filters)
            implements ResourceSpec {
        public Dns {
            filters = List.copyOf(filters);
        }
    }

    /// Every public address.
    record Internet(String id, String name) implements ResourceSpec {
        @Override
        public List<Filter> filters() {
            return List.of();
        }
    }
}
