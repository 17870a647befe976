package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.filter.Access;
import dev.gatehouse.dataplane.gateway.filter.Grant;
import dev.gatehouse.dataplane.gateway.filter.Grants;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.dataplane.gateway.name.ProxyTable;
import dev.gatehouse.dataplane.gateway.nat.NatFlow;
import dev.gatehouse.dataplane.gateway.nat.NatTable;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.TokenBucket;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// One client: its resources, its proxy addresses and its translations. Outlives connections.
final class ClientPeer {
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
    private final StateChanges changes;
    private final Grants grants;
    private IpAddress v4;
    private IpAddress v6;

    ClientPeer(String id, IpAddress v4, IpAddress v6, Shared shared) {
        this.id = id;
        this.v4 = v4;
        this.v6 = v6;
        limits = shared.limits;
        grants = new Grants(shared.host);
        changes = shared.changes;
        proxies = new ProxyTable(limits.names(), shared.names, shared.hashSeed);
        nat = new NatTable(id, shared.nat);
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
    /// @param kind as `Translation.kind`
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
        return grants.all();
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
            grants.add(new Grant(resource, expiresAtUnixSeconds));
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
        grants.replace(known, resource);
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
            changes.addGrant(id, resourceId);
        }
        return grant != null;
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
        var gone = grants.removeIf(isGone);
        gone.forEach(resourceId -> changes.addGrant(id, resourceId));
        return gone;
    }

    /// Whether a network of the client's, or an address, holds this one.
    boolean hasNetwork(IpAddress address) {
        return grants.hasNetwork(address);
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
        return grants.access(isV4, high, low, protocol, port);
    }

    private Access proxyAccess(ProxyTable.Proxy proxy, int protocol, int port) {
        if (proxy == null) {
            return Access.NO_RESOURCE;
        }
        var access = grants.access(proxy.resourceIds(), protocol, port);
        if (access != Access.ALLOWED) {
            return access;
        }
        return proxy.real() == null ? Access.UNMAPPED : Access.TRANSLATED;
    }

    /// The grant of a DNS resource whose pattern matches the name, or null.
    Grant dnsGrant(String resourceId, String domain) {
        return grants.ofName(resourceId, domain);
    }
}
