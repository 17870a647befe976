package dev.gatehouse.dataplane.gateway.filter;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// What one client may use, and which of its traffic the filters of that admit: tunnel.md 7.3 steps
/// 4 to 6 and 11.2 #17. Owned by the shard's thread; deciding allocates nothing.
public final class Grants {
    /// All resources on one network.
    private record Network(int prefixLength, List<Grant> grants) {}

    private final HostAddresses host;
    private final TreeMap<String, Grant> grants = new TreeMap<>();
    private final Map<String, Grant> all = Collections.unmodifiableMap(grants);
    private final PrefixTable<Network> networks = new PrefixTable<>();
    private int internetGrants;

    /// @param host where the internet resource does not lead
    public Grants(HostAddresses host) {
        this.host = host;
    }

    /// By resource; only to read.
    public Map<String, Grant> all() {
        return all;
    }

    public int size() {
        return grants.size();
    }

    /// Null if the client may not use the resource.
    public Grant get(String resourceId) {
        return grants.get(resourceId);
    }

    /// Of a resource that the client did not have.
    public void add(Grant grant) {
        grants.put(grant.resource().id(), grant);
        link(grant);
    }

    /// Gives one of these another version of its resource.
    public void replace(Grant known, ResourceSpec resource) {
        unlink(known);
        known.update(resource);
        link(known);
    }

    /// Null if there was none.
    public Grant remove(String resourceId) {
        var grant = grants.remove(resourceId);
        if (grant != null) {
            unlink(grant);
        }
        return grant;
    }

    /// Returns the resources that are gone.
    public List<String> removeIf(Predicate<Grant> isGone) {
        var gone = new ArrayList<String>(0);
        for (Iterator<Grant> i = grants.values().iterator(); i.hasNext(); ) {
            var grant = i.next();
            if (isGone.test(grant)) {
                i.remove();
                unlink(grant);
                gone.add(grant.resource().id());
            }
        }
        return gone;
    }

    private void link(Grant grant) {
        switch (grant.resource()) {
            case ResourceSpec.Cidr cidr -> add(cidr.network(), grant);
            case ResourceSpec.Internet _ -> internetGrants++;
            case ResourceSpec.Dns _ -> {}
        }
    }

    private void add(IpNetwork network, Grant grant) {
        var known = networks.get(network);
        if (known == null) {
            known = new Network(network.prefixLength(), new ArrayList<>(1));
            networks.put(network, known);
        }
        known.grants().add(grant);
    }

    private void unlink(Grant grant) {
        switch (grant.resource()) {
            case ResourceSpec.Cidr cidr -> remove(cidr.network(), grant);
            case ResourceSpec.Internet _ -> internetGrants--;
            case ResourceSpec.Dns _ -> {}
        }
    }

    private void remove(IpNetwork network, Grant grant) {
        var known = networks.get(network);
        known.grants().remove(grant);
        if (known.grants().isEmpty()) {
            networks.remove(network);
        }
    }

    /// Whether a network of these, or an address, holds this one.
    public boolean hasNetwork(IpAddress address) {
        return networks.longestMatch(address) != null;
    }

    /// Decides on traffic with a real address, by the protocol and the remote port.
    ///
    /// Of all networks that hold the address any resource that admits the packet is enough.
    public Access access(boolean isV4, long high, long low, int protocol, int port) {
        if (internetGrants > 0 && isOnTheInternet(isV4, high, low)) {
            return Access.ALLOWED;
        }
        var network = networks.longestMatch(isV4, high, low);
        if (network == null) {
            return internetGrants > 0 ? Access.NOT_PUBLIC : Access.NO_RESOURCE;
        }
        while (network != null) {
            if (anyAdmits(network.grants(), protocol, port)) {
                return Access.ALLOWED;
            }
            network = networks.longestMatchBelow(isV4, high, low, network.prefixLength());
        }
        return Access.FILTERED;
    }

    private boolean isOnTheInternet(boolean isV4, long high, long low) {
        return PublicAddresses.isPublic(isV4, high, low) && !host.contains(isV4, high, low);
    }

    private static boolean anyAdmits(List<Grant> grants, int protocol, int port) {
        for (int i = 0; i < grants.size(); i++) {
            if (grants.get(i).admits(protocol, port)) {
                return true;
            }
        }
        return false;
    }

    /// Decides on traffic with what these resources serve: any that admits the packet is enough.
    public Access access(List<String> resourceIds, int protocol, int port) {
        boolean known = false;
        for (int i = 0; i < resourceIds.size(); i++) {
            var grant = grants.get(resourceIds.get(i));
            known |= grant != null;
            if (grant != null && grant.admits(protocol, port)) {
                return Access.ALLOWED;
            }
        }
        return known ? Access.FILTERED : Access.NO_RESOURCE;
    }

    /// The grant of a DNS resource whose pattern matches the name, or null.
    public Grant ofName(String resourceId, String domain) {
        var grant = grants.get(resourceId);
        boolean serves =
                grant != null
                        && grant.resource() instanceof ResourceSpec.Dns dns
                        && dns.pattern().matches(domain);
        return serves ? grant : null;
    }
}
