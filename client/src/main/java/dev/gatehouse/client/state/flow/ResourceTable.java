package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The granted resources by id, and which of them answers for a name or an address.
public final class ResourceTable {
    private record Named(DomainPattern pattern, ResourceEntry entry) {}

    private final NavigableMap<String, ResourceEntry> byId = new TreeMap<>();
    private final List<Named> named = new ArrayList<>(); // most specific first
    private boolean internetActive;

    public ResourceTable(boolean internetActive) {
        this.internetActive = internetActive;
    }

    /// Returns null if there is none.
    public ResourceEntry get(String id) {
        return byId.get(id);
    }

    public Collection<ResourceEntry> all() {
        return byId.values();
    }

    public ResourceEntry add(Resource resource) {
        var entry = new ResourceEntry(resource);
        byId.put(resource.id(), entry);
        addPattern(entry);
        return entry;
    }

    /// An invalid pattern matches nothing; of two equal ones the later stands.
    private void addPattern(ResourceEntry entry) {
        if (entry.resource instanceof Resource.Dns dns) {
            DomainPattern.parse(dns.pattern())
                    .ifPresent(
                            pattern -> {
                                named.removeIf(other -> other.pattern.equals(pattern));
                                named.add(new Named(pattern, entry));
                                named.sort(Comparator.comparing(Named::pattern));
                            });
        }
    }

    public void remove(ResourceEntry entry) {
        byId.remove(entry.id());
        named.clear();
        byId.values().forEach(this::addPattern);
        if (entry.resource instanceof Resource.Internet) {
            internetActive = false; // a later grant does not switch it on by itself
        }
    }

    /// The resource that answers for a name, lower case and without trailing dot; or null.
    public ResourceEntry match(String name) {
        for (var candidate : named) {
            if (candidate.pattern.matches(name)) {
                return candidate.entry;
            }
        }
        return null;
    }

    public boolean isInternetActive() {
        return internetActive && all().stream().anyMatch(ResourceTable::isInternet);
    }

    public void activateInternet(boolean active) {
        internetActive = active;
    }

    public static boolean isInternet(ResourceEntry entry) {
        return entry.resource instanceof Resource.Internet;
    }

    /// The resources that networks lead to. Of two with one network the connected one stands, else
    /// the one with the greater id.
    public List<ResourceEntry> routed() {
        var byNetwork = new TreeMap<IpNetwork, ResourceEntry>();
        for (var entry : all()) {
            if (entry.resource instanceof Resource.Cidr cidr) {
                var other = byNetwork.get(cidr.network());
                if (other == null || other.gateway == null || entry.gateway != null) {
                    byNetwork.put(cidr.network(), entry);
                }
            }
        }
        return List.copyOf(byNetwork.values());
    }

    /// True if `address` lies in a network that a resource serves.
    public boolean isRouted(IpAddress address) {
        return isInternetActive()
                || all().stream()
                        .anyMatch(
                                entry ->
                                        entry.resource instanceof Resource.Cidr cidr
                                                && cidr.network().contains(address));
    }

    /// The routes that the interface needs, sorted (client.md 7).
    public List<IpNetwork> routes() {
        var routes = new TreeSet<>(AddressPlan.ROUTES);
        for (var entry : all()) {
            if (entry.resource instanceof Resource.Cidr cidr) {
                routes.add(cidr.network());
            }
        }
        if (isInternetActive()) {
            routes.add(AddressPlan.ALL_V4);
            routes.add(AddressPlan.ALL_V6);
        }
        return List.copyOf(routes);
    }
}
