package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// The proxy addresses of one client, tunnel.md 6.4 with 11.2 #5, #6 and #18. Refuses mappings
/// beyond its limit.
///
/// A proxy address stands for one name, which several resources may serve.
final class ProxyTable {
    /// What one proxy address stands for.
    static final class Proxy {
        private final String domain;
        private final List<String> resourceIds = new ArrayList<>(1);
        private IpAddress real; // null: the name has no address of this family

        private Proxy(String domain) {
            this.domain = domain;
        }

        List<String> resourceIds() {
            return resourceIds;
        }

        /// Null if the name has no address of the proxy's family.
        IpAddress real() {
            return real;
        }
    }

    private record Key(String resourceId, String domain) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byResource = resourceId.compareTo(other.resourceId);
            return byResource != 0 ? byResource : domain.compareTo(other.domain);
        }
    }

    private final int proxiesMax;
    private final PrefixTable<Proxy> proxies = new PrefixTable<>();
    private final TreeMap<Key, DnsMapping> mappings = new TreeMap<>();
    private int size;

    ProxyTable(int proxiesMax) {
        this.proxiesMax = proxiesMax;
    }

    /// Null if the address was never set up.
    Proxy find(boolean v4, long high, long low) {
        return proxies.longestMatch(v4, high, low);
    }

    /// True if one of the addresses stands for another name: the client started to count anew.
    boolean contradicts(String domain, Collection<IpAddress> addresses) {
        for (var address : addresses) {
            var known = proxies.longestMatch(address);
            if (known != null && !known.domain.equals(domain)) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        proxies.clear();
        mappings.clear();
        size = 0;
    }

    /// The mapping for these proxies, or empty if they are too many.
    ///
    /// Addresses are sorted; the i-th proxy of a family stands for element i mod n of that
    /// family's addresses. Proxies outside of the DNS range are left out.
    static DnsMapping distribute(
            DnsMapping key, Collection<IpAddress> proxies, Collection<IpAddress> resolved) {
        var sorted = new TreeSet<>(resolved);
        var v4 = sorted.stream().filter(a -> a.isV4() && isUsable(a)).toList();
        var v6 = sorted.stream().filter(a -> !a.isV4() && isUsable(a)).toList();
        var entries = new ArrayList<DnsMapping.Entry>(proxies.size());
        int nextV4 = 0;
        int nextV6 = 0;
        for (var proxy : new TreeSet<>(proxies)) {
            if (!TunnelRanges.isDns(proxy)) {
                continue;
            }
            var targets = proxy.isV4() ? v4 : v6;
            int i = proxy.isV4() ? nextV4++ : nextV6++;
            var target =
                    targets.isEmpty()
                            ? Optional.<IpAddress>empty()
                            : Optional.of(targets.get(i % targets.size()));
            entries.add(new DnsMapping.Entry(proxy, target));
        }
        return new DnsMapping(
                key.clientId(), key.resourceId(), key.domain(), entries, List.copyOf(sorted));
    }

    /// A name must not lead back into the tunnels, nor to the gateway's own loopback.
    private static boolean isUsable(IpAddress address) {
        return !TunnelRanges.isTunnel(address)
                && !TunnelRanges.isDns(address)
                && !address.isLoopback()
                && !address.isUnspecified()
                && !address.isMulticast();
    }

    /// Stores a mapping; the newest answer counts for every resource that serves the name.
    /// Returns false if the table is full.
    boolean store(DnsMapping mapping) {
        var added =
                mapping.entries().stream()
                        .filter(e -> proxies.get(IpNetwork.host(e.proxy())) == null)
                        .count();
        if (size + added > proxiesMax) {
            return false;
        }
        for (var entry : mapping.entries()) {
            var network = IpNetwork.host(entry.proxy());
            var proxy = proxies.get(network);
            if (proxy == null) {
                proxy = new Proxy(mapping.domain());
                proxies.put(network, proxy);
                size++;
            }
            proxy.real = entry.target().orElse(null);
            if (!proxy.resourceIds.contains(mapping.resourceId())) {
                proxy.resourceIds.add(mapping.resourceId());
                proxy.resourceIds.sort(Comparator.naturalOrder());
            }
        }
        mappings.put(new Key(mapping.resourceId(), mapping.domain()), mapping);
        return true;
    }

    /// Removes the mappings of a resource for some names; proxy addresses without a resource go.
    ///
    /// @return the addresses that are gone: they may stand for another name from here on
    Set<IpAddress> removeIf(String resourceId, Predicate<String> domain) {
        var gone = new TreeSet<IpAddress>();
        for (Iterator<DnsMapping> i = mappings.values().iterator(); i.hasNext(); ) {
            var mapping = i.next();
            if (mapping.resourceId().equals(resourceId) && domain.test(mapping.domain())) {
                i.remove();
                for (var entry : mapping.entries()) {
                    if (release(entry.proxy(), resourceId)) {
                        gone.add(entry.proxy());
                    }
                }
            }
        }
        return gone;
    }

    private boolean release(IpAddress address, String resourceId) {
        var network = IpNetwork.host(address);
        var proxy = proxies.get(network);
        if (proxy != null && proxy.resourceIds.remove(resourceId) && proxy.resourceIds.isEmpty()) {
            proxies.remove(network);
            size--;
            return true;
        }
        return false;
    }

    Collection<DnsMapping> mappings() {
        return mappings.values();
    }
}
