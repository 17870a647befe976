package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.connectivity.ChangeLog;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// One client: its resources, its proxy addresses and its translations. Outlives connections.
final class ClientPeer {
    /// All resources on one network.
    private record Network(int prefixLength, List<Grant> grants) {}

    private final String id;
    private final ProxyTable proxies;
    private final NatTable nat;
    private OwnTraffic own; // null: the client asked the gateway itself nothing
    private final GatewayLimits limits;
    private final ChangeLog changes;
    private final TreeMap<String, Grant> grants = new TreeMap<>();
    private PrefixTable<Network> networks = new PrefixTable<>();
    private boolean hasInternet;
    private IpAddress v4;
    private IpAddress v6;

    /// @param changes hears of every change of what a successor has to know
    /// @param translations the same for translations, which change more often
    ClientPeer(
            String id,
            IpAddress v4,
            IpAddress v6,
            GatewayLimits limits,
            ChangeLog changes,
            NatJournal translations) {
        this.id = id;
        this.v4 = v4;
        this.v6 = v6;
        this.limits = limits;
        this.changes = changes;
        proxies = new ProxyTable(limits.proxiesPerClientMax());
        nat = new NatTable(id, limits, translations);
    }

    String id() {
        return id;
    }

    IpAddress v4() {
        return v4;
    }

    IpAddress v6() {
        return v6;
    }

    void addresses(IpAddress v4, IpAddress v6) {
        this.v4 = v4;
        this.v6 = v6;
        changes.add(id);
    }

    NatTable nat() {
        return nat;
    }

    /// Decides on a packet of the client to the gateway's own tunnel address.
    Access askGateway(IpPacket packet, long nowNs) {
        if (!OwnTraffic.isServed(packet)) {
            return Access.GATEWAY_CLOSED;
        }
        if (own == null) {
            own = new OwnTraffic();
        }
        return own.ask(packet, nowNs) ? Access.ALLOWED : Access.GATEWAY_BUSY;
    }

    /// Whether a packet from the gateway's own tunnel address answers the client.
    boolean isAnswerOfGateway(IpPacket packet, long nowNs) {
        return own != null && own.isAnswer(packet, nowNs);
    }

    /// Whether the client asked the gateway itself something from this port.
    ///
    /// @param kind as [Translation#kind]
    boolean hasAskedGateway(int kind, int id, long nowNs) {
        return own != null && own.isAsked(kind, id, nowNs);
    }

    /// Takes over a translation of a predecessor; not one of an address that stands for nothing.
    void restore(NatFlow flow, long nowNs) {
        var proxy = flow.proxy();
        if (proxies.find(proxy.isV4(), proxy.high(), proxy.low()) != null) {
            nat.restore(flow, nowNs);
        }
    }

    /// To look things up in; what changes it goes through this class.
    ProxyTable proxies() {
        return proxies;
    }

    /// Returns false if the table is full.
    boolean store(DnsMapping mapping) {
        boolean stored = proxies.store(mapping);
        if (stored) {
            changes.add(id);
        }
        return stored;
    }

    /// Forgets what all proxy addresses stand for, and every translation.
    void clearProxies() {
        proxies.clear();
        nat.clear();
        changes.add(id);
    }

    /// What the client may use, by resource; only to read.
    Map<String, Grant> grants() {
        return Collections.unmodifiableMap(grants);
    }

    /// Replaces an expiry; an unknown resource is ignored.
    void expiresAt(String resourceId, OptionalLong unixSeconds) {
        var grant = grants.get(resourceId);
        if (grant != null && !grant.expiresAtUnixSeconds().equals(unixSeconds)) {
            grant.expiresAt(unixSeconds);
            changes.add(id);
        }
    }

    /// Adds a resource, or replaces what is known of it. False if the client has too many.
    boolean grant(ResourceSpec resource, OptionalLong expiresAtUnixSeconds) {
        var known = grants.get(resource.id());
        if (known == null && grants.size() >= limits.resourcesPerClientMax()) {
            return false;
        }
        if (known == null) {
            grants.put(resource.id(), new Grant(resource, expiresAtUnixSeconds));
        } else {
            known.update(resource);
            known.expiresAt(expiresAtUnixSeconds);
            pruneProxies(resource);
        }
        changes.add(id);
        rebuild();
        return true;
    }

    /// Replaces a resource that the client has, unless its type would change.
    void update(ResourceSpec resource) {
        var known = grants.get(resource.id());
        if (known != null && known.resource().getClass() == resource.getClass()) {
            known.update(resource);
            pruneProxies(resource);
            changes.add(id);
            rebuild();
        }
    }

    /// A resource serves only the names that its pattern still matches. Flows of the others end,
    /// or they would go on under the next name that the client gives their addresses to.
    private void pruneProxies(ResourceSpec resource) {
        var gone =
                proxies.removeIf(
                        resource.id(),
                        domain ->
                                !(resource instanceof ResourceSpec.Dns dns)
                                        || !dns.pattern().matches(domain));
        if (!gone.isEmpty()) {
            nat.expireIf(gone::contains);
        }
    }

    /// True if the client had the resource.
    boolean revoke(String resourceId) {
        boolean had = grants.remove(resourceId) != null;
        if (had) {
            changes.add(id);
            rebuild();
        }
        return had;
    }

    /// Removes everything that is not listed.
    void retain(Collection<String> resourceIds) {
        if (grants.keySet().retainAll(resourceIds)) {
            changes.add(id);
            rebuild();
        }
    }

    /// Removes what has expired and returns it.
    List<String> expire(long nowUnixSeconds) {
        var expired = new ArrayList<String>(0);
        for (Iterator<Map.Entry<String, Grant>> i = grants.entrySet().iterator(); i.hasNext(); ) {
            var entry = i.next();
            if (entry.getValue().isExpired(nowUnixSeconds)) {
                expired.add(entry.getKey());
                i.remove();
            }
        }
        if (!expired.isEmpty()) {
            changes.add(id);
            rebuild();
        }
        return expired;
    }

    private void rebuild() {
        networks = new PrefixTable<>();
        hasInternet = false;
        for (var grant : grants.values()) {
            switch (grant.resource()) {
                case ResourceSpec.Cidr cidr -> add(cidr.network(), grant);
                case ResourceSpec.Internet _ -> hasInternet = true;
                case ResourceSpec.Dns _ -> {}
            }
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

    /// Whether a network of the client's, or an address, holds this one.
    boolean hasNetwork(IpAddress address) {
        return networks.longestMatch(address) != null;
    }

    /// True if the packet's source is one of the client's two addresses.
    boolean isSourceOf(IpPacket packet) {
        return packet.isFrom(packet.isV4() ? v4 : v6);
    }

    /// Decides on traffic with a remote address, by the protocol and the remote port.
    ///
    /// Of all networks that hold the address any resource that admits the packet is enough.
    Access access(boolean isV4, long high, long low, int protocol, int port) {
        if (TunnelRanges.isDns(isV4, high, low)) {
            return proxyAccess(proxies.find(isV4, high, low), protocol, port);
        }
        if (TunnelRanges.isTunnel(isV4, high, low)) {
            return Access.TUNNEL_RANGE;
        }
        if (hasInternet && PublicAddresses.isPublic(isV4, high, low)) {
            return Access.ALLOWED;
        }
        var network = networks.longestMatch(isV4, high, low);
        if (network == null) {
            return hasInternet ? Access.NOT_PUBLIC : Access.NO_RESOURCE;
        }
        while (network != null) {
            if (anyAdmits(network.grants(), protocol, port)) {
                return Access.ALLOWED;
            }
            network = networks.longestMatchBelow(isV4, high, low, network.prefixLength());
        }
        return Access.FILTERED;
    }

    private Access proxyAccess(ProxyTable.Proxy proxy, int protocol, int port) {
        if (proxy == null) {
            return Access.NO_RESOURCE;
        }
        boolean known = false;
        var ids = proxy.resourceIds();
        for (int i = 0; i < ids.size(); i++) {
            var grant = grants.get(ids.get(i));
            known |= grant != null;
            if (grant != null && grant.admits(protocol, port)) {
                return proxy.real() == null ? Access.UNMAPPED : Access.TRANSLATED;
            }
        }
        return known ? Access.FILTERED : Access.NO_RESOURCE;
    }

    private static boolean anyAdmits(List<Grant> grants, int protocol, int port) {
        for (int i = 0; i < grants.size(); i++) {
            if (grants.get(i).admits(protocol, port)) {
                return true;
            }
        }
        return false;
    }

    /// The grant of a DNS resource whose pattern matches the name, or null.
    Grant dnsGrant(String resourceId, String domain) {
        var grant = grants.get(resourceId);
        boolean serves =
                grant != null
                        && grant.resource() instanceof ResourceSpec.Dns dns
                        && dns.pattern().matches(domain);
        return serves ? grant : null;
    }
}
