package dev.gatehouse.client.state.name;

import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.LookupTable;
import java.util.ArrayList;
import java.util.List;

/// Invents addresses for names of DNS resources: four of each family, never given back. When a
/// range is used up names get fewer, or none (client.md 11).
public final class ProxyAddresses {
    private static final int PER_FAMILY = 4;

    private record Key(String name, String resourceId) {}

    private final LookupTable<Key, ProxyName> byKey = new LookupTable<>();
    private final LookupTable<IpAddress, ProxyName> byAddress = new LookupTable<>();
    private final LookupTable<String, List<ProxyName>> byResource = new LookupTable<>();
    private final List<ProxyName> all = new ArrayList<>();
    private IpAddress nextV4 = AddressPlan.next(AddressPlan.PROXY_V4.address());
    private IpAddress nextV6 = AddressPlan.PROXY_V6.address();

    /// @param name lower case, no trailing dot
    /// @return null if the name has no addresses yet
    public ProxyName find(String name, String resourceId) {
        return byKey.get(new Key(name, resourceId));
    }

    /// Assigns addresses of all families of the resource at once.
    public ProxyName assign(String name, Resource.Dns resource) {
        var addresses = new ArrayList<IpAddress>(2 * PER_FAMILY);
        for (int i = 0; i < PER_FAMILY && resource.stack().hasV4(); i++) {
            nextV4 = free(nextV4, AddressPlan.PROXY_V4, AddressPlan.SENTINEL_V4);
            if (AddressPlan.PROXY_V4.contains(nextV4)) {
                addresses.add(nextV4);
                nextV4 = AddressPlan.next(nextV4);
            }
        }
        for (int i = 0; i < PER_FAMILY && resource.stack().hasV6(); i++) {
            nextV6 = free(nextV6, AddressPlan.PROXY_V6, AddressPlan.SENTINEL_V6);
            if (AddressPlan.PROXY_V6.contains(nextV6)) {
                addresses.add(nextV6);
                nextV6 = AddressPlan.next(nextV6);
            }
        }
        var assigned = new ProxyName(name, resource.id(), addresses);
        byKey.put(new Key(name, resource.id()), assigned);
        all.add(assigned);
        addTo(resource.id(), assigned);
        addresses.forEach(address -> byAddress.put(address, assigned));
        return assigned;
    }

    private void addTo(String resourceId, ProxyName name) {
        var known = byResource.get(resourceId);
        if (known == null) {
            known = new ArrayList<>();
            byResource.put(resourceId, known);
        }
        known.add(name);
    }

    private static IpAddress free(IpAddress from, IpNetwork range, IpNetwork skipped) {
        var address = from;
        while (range.contains(address) && skipped.contains(address)) {
            address = AddressPlan.next(address);
        }
        return address;
    }

    /// The name behind an address, or null; also when its resource is gone.
    public ProxyName find(IpAddress address) {
        return byAddress.get(address);
    }

    /// Those of a resource, in the order of assignment.
    public List<ProxyName> of(String resourceId) {
        var known = byResource.get(resourceId);
        return known == null ? List.of() : known;
    }

    /// In the order of assignment.
    public List<ProxyName> all() {
        return all;
    }
}
