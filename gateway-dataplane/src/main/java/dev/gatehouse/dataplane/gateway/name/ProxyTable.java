package dev.gatehouse.dataplane.gateway.name;

import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The proxy addresses of one client, tunnel.md 6.4 with 11.2 #5, #6 and #18. Refuses names beyond
/// its limits.
///
/// A proxy address stands for one name, which several resources may serve. A name has a bounded
/// number of addresses, so names are all that has to be counted.
public final class ProxyTable {
    /// What one proxy address stands for.
    public static final class Proxy {
        private final String domain;
        private final List<String> resourceIds = new ArrayList<>(1);
        private IpAddress real; // null: the name has no address of this family

        private Proxy(String domain) {
            this.domain = domain;
        }

        public List<String> resourceIds() {
            return resourceIds;
        }

        /// Null if the name has no address of the proxy's family.
        public IpAddress real() {
            return real;
        }
    }

    /// What became of a mapping.
    public enum Stored {
        CHANGED,
        AS_BEFORE,
        /// There is no room for another name.
        FULL
    }

    private final GatewayLimits.Names limits;
    private final SharedLimit namesOfAll;
    private final PrefixTable<Proxy> proxies;
    private final TreeMap<String, TreeMap<String, DnsMapping>> byResource = new TreeMap<>();
    private int names;

    /// @param hashSeed random: clients must not know what falls together in a table
    public ProxyTable(GatewayLimits.Names limits, SharedLimit namesOfAll, long hashSeed) {
        this.limits = limits;
        this.namesOfAll = namesOfAll;
        proxies = new PrefixTable<>(hashSeed);
    }

    /// Null if the address was never set up.
    public Proxy find(boolean v4, long high, long low) {
        return proxies.longestMatch(v4, high, low);
    }

    /// True if the list is one that clients make: some addresses of the DNS range, each once, and
    /// not too many.
    public boolean isWellFormed(List<IpAddress> addresses) {
        return !addresses.isEmpty()
                && addresses.size() <= limits.addressesPerNameMax()
                && addresses.stream().allMatch(TunnelRanges::isDns)
                && new TreeSet<>(addresses).size() == addresses.size();
    }

    /// True if one of the addresses stands for another name, or the name would have too many: the
    /// client started to count anew.
    public boolean contradicts(DnsMapping mapping) {
        for (var entry : mapping.entries()) {
            var known = proxies.longestMatch(entry.proxy());
            if (known != null && !known.domain.equals(mapping.domain())) {
                return true;
            }
        }
        return merge(mapping).entries().size() > limits.addressesPerNameMax();
    }

    /// True if there is room for the name, or if it is known.
    public boolean hasRoomFor(String resourceId, String domain) {
        return find(resourceId, domain) != null || namesOfAll.admits(names, limits.perClientMax());
    }

    public void clear() {
        proxies.clear();
        byResource.clear();
        namesOfAll.remove(names);
        names = 0;
    }

    /// The mapping for these proxies.
    ///
    /// Addresses are sorted; the i-th proxy of a family stands for element i mod n of that
    /// family's addresses. Of addresses that no proxy can stand for only a few are kept.
    public DnsMapping distribute(
            DnsMapping key, Collection<IpAddress> proxies, Collection<IpAddress> resolved) {
        var sorted = new TreeSet<>(resolved);
        var v4 = usable(sorted, true);
        var v6 = usable(sorted, false);
        var entries = new ArrayList<DnsMapping.Entry>(proxies.size());
        int nextV4 = 0;
        int nextV6 = 0;
        for (var proxy : new TreeSet<>(proxies)) {
            var targets = proxy.isV4() ? v4 : v6;
            int i = proxy.isV4() ? nextV4++ : nextV6++;
            var target =
                    targets.isEmpty()
                            ? Optional.<IpAddress>empty()
                            : Optional.of(targets.get(i % targets.size()));
            entries.add(new DnsMapping.Entry(proxy, target));
        }
        var kept = sorted.stream().limit(2L * limits.addressesPerNameMax()).toList();
        return new DnsMapping(key.clientId(), key.resourceId(), key.domain(), entries, kept);
    }

    /// As many as a name can have proxies: no others are ever used.
    private List<IpAddress> usable(TreeSet<IpAddress> sorted, boolean v4) {
        return sorted.stream()
                .filter(a -> a.isV4() == v4 && isUsable(a))
                .limit(limits.addressesPerNameMax())
                .toList();
    }

    /// A name must not lead back into the tunnels, nor to the gateway's own loopback.
    private static boolean isUsable(IpAddress address) {
        return !TunnelRanges.isTunnel(address)
                && !TunnelRanges.isDns(address)
                && !address.isLoopback()
                && !address.isUnspecified()
                && !address.isMulticast();
    }

    /// Stores a mapping that contradicts nothing; the newest answer counts for every resource that
    /// serves the name.
    public Stored store(DnsMapping mapping) {
        if (!hasRoomFor(mapping.resourceId(), mapping.domain())) {
            return Stored.FULL;
        }
        for (var entry : mapping.entries()) {
            var network = IpNetwork.host(entry.proxy());
            var proxy = proxies.get(network);
            if (proxy == null) {
                proxy = new Proxy(mapping.domain());
                proxies.put(network, proxy);
            }
            proxy.real = entry.target().orElse(null);
            if (!proxy.resourceIds.contains(mapping.resourceId())) {
                proxy.resourceIds.add(mapping.resourceId());
                proxy.resourceIds.sort(Comparator.naturalOrder());
            }
        }
        var merged = merge(mapping);
        var before =
                byResource
                        .computeIfAbsent(mapping.resourceId(), _ -> new TreeMap<>())
                        .put(mapping.domain(), merged);
        if (before == null) {
            names++;
            namesOfAll.add(1);
        }
        return merged.equals(before) ? Stored.AS_BEFORE : Stored.CHANGED;
    }

    /// With the addresses that the name has had before.
    private DnsMapping merge(DnsMapping mapping) {
        var known = find(mapping.resourceId(), mapping.domain());
        if (known == null) {
            return mapping;
        }
        var entries = new LinkedHashMap<IpAddress, DnsMapping.Entry>();
        known.entries().forEach(entry -> entries.put(entry.proxy(), entry));
        mapping.entries().forEach(entry -> entries.put(entry.proxy(), entry));
        return new DnsMapping(
                mapping.clientId(),
                mapping.resourceId(),
                mapping.domain(),
                List.copyOf(entries.values()),
                mapping.resolved());
    }

    /// Removes the mappings of a resource for some names; proxy addresses without a resource go.
    ///
    /// @param removed is told each
    /// @return the addresses that are gone: they may stand for another name from here on
    public Set<IpAddress> removeIf(
            String resourceId, Predicate<String> domain, Consumer<DnsMapping> removed) {
        var gone = new TreeSet<IpAddress>();
        var mappings = byResource.getOrDefault(resourceId, new TreeMap<>());
        for (Iterator<DnsMapping> i = mappings.values().iterator(); i.hasNext(); ) {
            var mapping = i.next();
            if (domain.test(mapping.domain())) {
                i.remove();
                names--;
                namesOfAll.remove(1);
                removed.accept(mapping);
                release(mapping, gone);
            }
        }
        if (mappings.isEmpty()) {
            byResource.remove(resourceId);
        }
        return gone;
    }

    private void release(DnsMapping mapping, Set<IpAddress> gone) {
        for (var entry : mapping.entries()) {
            var network = IpNetwork.host(entry.proxy());
            var proxy = proxies.get(network);
            if (proxy != null
                    && proxy.resourceIds.remove(mapping.resourceId())
                    && proxy.resourceIds.isEmpty()) {
                proxies.remove(network);
                gone.add(entry.proxy());
            }
        }
    }

    /// Names that are set up, each counted once for every resource that serves it.
    int names() {
        return names;
    }

    /// Null if there is none.
    public DnsMapping find(String resourceId, String domain) {
        var ofResource = byResource.get(resourceId);
        return ofResource == null ? null : ofResource.get(domain);
    }

    public void forEach(Consumer<DnsMapping> action) {
        byResource.values().forEach(ofOne -> ofOne.values().forEach(action));
    }
}
