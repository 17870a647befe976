package dev.gatehouse.client.state.name;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// The invented addresses that stand for DNS servers, client.md 8.
///
/// A changed set of servers gets addresses that the set before did not have, so that resolvers
/// notice. Servers beyond the capacity of a family (254 or 256) get none.
public final class Sentinels {
    private Map<IpAddress, Endpoint> servers = new LinkedHashMap<>();

    /// Returns true if the set of servers has changed, order aside.
    public boolean update(List<Endpoint> wanted) {
        if (new TreeSet<>(wanted).equals(new TreeSet<>(servers.values()))) {
            return false;
        }
        var next = new LinkedHashMap<IpAddress, Endpoint>();
        for (var server : new ArrayList<>(new java.util.LinkedHashSet<>(wanted))) {
            var address = free(server.isV4(), next);
            if (address != null) {
                next.put(address, server);
            }
        }
        servers = next;
        return true;
    }

    /// The first address that neither the old nor the new mapping has, or null.
    private IpAddress free(boolean isV4, Map<IpAddress, Endpoint> next) {
        var range = isV4 ? AddressPlan.SENTINEL_V4 : AddressPlan.SENTINEL_V6;
        var address = isV4 ? AddressPlan.next(range.address()) : range.address();
        while (range.contains(address)) {
            boolean isBroadcast = isV4 && (address.asInt() & 255) == 255;
            if (!servers.containsKey(address) && !next.containsKey(address) && !isBroadcast) {
                return address;
            }
            address = AddressPlan.next(address);
        }
        return null;
    }

    public List<IpAddress> addresses() {
        return List.copyOf(servers.keySet());
    }

    /// The server behind a sentinel that is in use.
    public Endpoint server(IpAddress sentinel) {
        return servers.get(sentinel);
    }
}
