package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PrefixTable;
import dev.gatehouse.wire.TokenBucket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;

/// One client: its resources, its proxy addresses and its translations. Outlives connections.
final class ClientPeer {
    /// All resources on one network.
    private record Network(int prefixLength, List<Grant> grants) {}

    /// Of ICMP errors that the gateway makes: Linux itself sends a thousand a second.
    private static final int ICMP_PER_SECOND = 1_000;

    private static final int ICMP_BURST = 2_000;

    /// Of translations: a browser begins some hundred flows at once, a scanner some thousand.
    private static final int FLOWS_PER_SECOND = 2_000;

    private static final int FLOWS_BURST = 8_192;

    private final String id;
    private final ProxyTable proxies;
    private final NatTable nat;
    private OwnTraffic own; // null: the client asked the gateway itself nothing
    private final NameRequests requests;
    private final TokenBucket icmp = new TokenBucket(ICMP_PER_SECOND, ICMP_BURST);
    private final TokenBucket flows = new TokenBucket(FLOWS_PER_SECOND, FLOWS_BURST);
    private final GatewayLimits limits;
    private final HostAddresses host;
    private final StateChanges changes;
    private final TreeMap<String, Grant> grants = new TreeMap<>();
    private final PrefixTable<Network> networks = new PrefixTable<>();
    private int internetGrants;
    private IpAddress v4;
    private IpAddress v6;

    ClientPeer(String id, IpAddress v4, IpAddress v6, Shared shared) {
        this.id = id;
        this.v4 = v4;
        this.v6 = v6;
        limits = shared.limits;
        host = shared.host;
        changes = shared.changes;
        proxies = new ProxyTable(shared);
        nat = new NatTable(id, shared);
        requests = new NameRequests(this);
        changes.addClient(id);
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
    }

    /// False if the client begins more flows to names than any client would.
    boolean takeNewFlow(long nowNs) {
        return flows.take(nowNs);
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

    NameRequests requests() {
        return requests;
    }

    /// Whether the client may be told of another error.
    boolean takeIcmpError(long nowNs) {
        return icmp.take(nowNs);
    }

    /// To look things up in; what changes it goes through this class.
    ProxyTable proxies() {
        return proxies;
    }

    /// Returns false if the table is full.
    boolean store(DnsMapping mapping) {
        var stored = proxies.store(mapping);
        if (stored == ProxyTable.Stored.CHANGED) {
            changes.addMapping(mapping);
        }
        return stored != ProxyTable.Stored.FULL;
    }

    /// Forgets what all proxy addresses stand for, and every translation.
    void clearProxies() {
        proxies.clear();
        nat.clear();
        changes.addClient(id);
    }

    /// Gives back what is limited for all clients: this one is gone.
    void close() {
        proxies.clear();
        nat.close();
        changes.addClient(id);
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
            changes.addGrant(id, resourceId);
        }
    }

    /// Adds a resource, or replaces what is known of it; the caller tells of the change. False if
    /// the client has too many.
    boolean grant(ResourceSpec resource, OptionalLong expiresAtUnixSeconds) {
        var known = grants.get(resource.id());
        if (known == null) {
            if (grants.size() >= limits.resourcesPerClientMax()) {
                return false;
            }
            var grant = new Grant(resource, expiresAtUnixSeconds);
            grants.put(resource.id(), grant);
            link(grant);
        } else {
            replace(known, resource);
            known.expiresAt(expiresAtUnixSeconds);
        }
        return true;
    }

    /// Replaces a resource that the client has, unless its type would change.
    void update(ResourceSpec resource) {
        var known = grants.get(resource.id());
        if (known != null && known.resource().getClass() == resource.getClass()) {
            replace(known, resource);
            changes.addGrant(id, resource.id());
        }
    }

    private void replace(Grant known, ResourceSpec resource) {
        boolean servesTheSameNames =
                known.resource() instanceof ResourceSpec.Dns before
                        && resource instanceof ResourceSpec.Dns after
                        && before.pattern().equals(after.pattern());
        unlink(known);
        known.update(resource);
        link(known);
        if (!servesTheSameNames) {
            pruneProxies(resource);
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
                                        || !dns.pattern().matches(domain),
                        changes::addMapping);
        if (!gone.isEmpty()) {
            nat.expireIf(gone::contains);
        }
    }

    /// True if the client had the resource.
    boolean revoke(String resourceId) {
        var grant = grants.remove(resourceId);
        if (grant != null) {
            handleRevoked(grant);
        }
        return grant != null;
    }

    private void handleRevoked(Grant grant) {
        unlink(grant);
        changes.addGrant(id, grant.resource().id());
    }

    /// Removes everything that is not listed.
    void retain(Collection<String> resourceIds) {
        removeIf(grant -> !resourceIds.contains(grant.resource().id()));
    }

    /// Removes what has expired and returns it.
    List<String> expire(long nowUnixSeconds) {
        return removeIf(grant -> grant.isExpired(nowUnixSeconds));
    }

    private List<String> removeIf(Predicate<Grant> isGone) {
        var gone = new ArrayList<String>(0);
        for (Iterator<Grant> i = grants.values().iterator(); i.hasNext(); ) {
            var grant = i.next();
            if (isGone.test(grant)) {
                i.remove();
                handleRevoked(grant);
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

    /// Whether a network of the client's, or an address, holds this one.
    boolean hasNetwork(IpAddress address) {
        return networks.longestMatch(address) != null;
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
