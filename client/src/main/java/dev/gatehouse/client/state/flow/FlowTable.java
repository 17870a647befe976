package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.ClientEvent.Left.Cause;
import dev.gatehouse.client.state.boundary.ResourceView;
import dev.gatehouse.client.state.boundary.SiteStatus;
import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.client.state.name.ParkedPackets;
import dev.gatehouse.client.state.name.ProxyAddresses;
import dev.gatehouse.client.state.name.ProxyName;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;

/// Which gateway serves which resource, what was asked of the portal, and what gateways were told
/// of names (client.md 15, 16, 20, 21).
public final class FlowTable {
    /// Longer than a lost tunnel stays unnoticed: 15.25 s until ICE gives up, and 2 s of grace.
    private static final long IN_USE_NS = Duration.ofSeconds(20).toNanos();

    private final ResourceTable resources;
    private final ProxyAddresses proxies;
    private final Tunnels tunnels;
    private final Queue<ClientEvent> events;
    private final FlowRequests requests;
    private final SiteStatuses sites;
    private final NavigableMap<String, Gateway> gateways = new TreeMap<>();
    private final PacketBatch scratch = PacketBatch.allocate(2048, 1);
    private long controlExcess;

    public FlowTable(
            ResourceTable resources,
            ProxyAddresses proxies,
            Tunnels tunnels,
            Queue<ClientEvent> events) {
        this.resources = resources;
        this.proxies = proxies;
        this.tunnels = tunnels;
        this.events = events;
        requests = new FlowRequests(events);
        sites = new SiteStatuses(events);
    }

    /// Control packets that were more than any gateway sends.
    public long controlExcess() {
        return controlExcess;
    }

    public Iterable<Gateway> gateways() {
        return gateways.values();
    }

    /// Returns null if there is no tunnel to it.
    public Gateway gateway(String id) {
        return gateways.get(id);
    }

    /// The gateway to send a packet to at once, or null: then a flow is asked for, and the packet
    /// waits for it.
    public Gateway gatewayFor(ResourceEntry entry, IpPacket packet, long nowNs) {
        if (entry.gateway == null) {
            request(entry, nowNs).park(packet);
        }
        entry.usedAtNs = nowNs;
        return entry.gateway;
    }

    /// A packet finds no gateway: asks for a flow at once, or when its pace allows it.
    public PendingFlow request(ResourceEntry entry, long nowNs) {
        return requests.request(entry, nowNs);
    }

    /// The gateway no longer allows what was sent.
    public void renew(ResourceEntry entry, long nowNs) {
        requests.renew(entry, nowNs);
    }

    /// The portal is back: what was asked before may be lost.
    public void askAgain(long nowNs) {
        requests.askAgain(resources.all(), nowNs);
    }

    /// Binds a resource to the gateway that the portal chose.
    ///
    /// @return what waited for the flow, or null if nobody asked for it or it cannot be used yet
    public PendingFlow grant(Flow flow, long nowNs) {
        var entry = resources.get(flow.resourceId());
        if (entry == null || entry.pending == null) {
            return null; // late, repeated, or of a resource that is gone
        }
        var pending = entry.pending;
        if (entry.gateway != null && !entry.gateway.id().equals(flow.gatewayId())) {
            release(entry, nowNs);
            entry.pending = pending;
        }
        boolean isRenewed = entry.gateway != null;
        if (!tunnels.connect(flow, nowNs)) {
            events.add(new ClientEvent.NeedRelays());
            return null;
        }
        var gateway = gatewayOf(flow, entry, nowNs);
        entry.gateway = gateway;
        entry.pending = null;
        requests.remember(gateway.id());
        allow(gateway, entry.resource);
        if (isRenewed) {
            proxies.of(entry.id())
                    .forEach(ProxyName::handleQuery); // it may have forgotten those, too
        }
        return pending;
    }

    /// A gateway that has other keys or addresses than it had was started anew: it knows nothing of
    /// what the one before was allowed and told. What is in use is asked for again at once, the
    /// rest by its next packet.
    private Gateway gatewayOf(Flow flow, ResourceEntry granted, long nowNs) {
        var known = gateways.get(flow.gatewayId());
        if (known != null && known.isOf(flow)) {
            return known;
        }
        if (known != null) {
            var inUse = inUse(known, nowNs);
            unbindAll(known);
            inUse.stream().filter(e -> e != granted).forEach(e -> requests.requestNow(e, nowNs));
        }
        var gateway = new Gateway(flow);
        gateways.put(gateway.id(), gateway);
        return gateway;
    }

    private List<ResourceEntry> inUse(Gateway gateway, long nowNs) {
        return resources.all().stream()
                .filter(entry -> entry.gateway == gateway)
                .filter(entry -> nowNs < entry.usedAtNs + IN_USE_NS)
                .toList();
    }

    private void unbindAll(Gateway gateway) {
        for (var entry : resources.all()) {
            if (entry.gateway == gateway) {
                entry.gateway = null;
                forgetNames(entry);
            }
        }
    }

    private void allowAll(Gateway gateway) {
        gateway.forbidAll();
        for (var entry : resources.all()) {
            if (entry.gateway == gateway) {
                allow(gateway, entry.resource);
            }
        }
    }

    private void allow(Gateway gateway, Resource resource) {
        switch (resource) {
            case Resource.Cidr cidr -> gateway.allow(cidr.network());
            case Resource.Internet _ -> {
                gateway.allow(AddressPlan.ALL_V4);
                gateway.allow(AddressPlan.ALL_V6);
            }
            case Resource.Dns dns -> proxies.of(dns.id()).forEach(name -> allow(gateway, name));
        }
    }

    private static void allow(Gateway gateway, ProxyName name) {
        name.addresses().forEach(address -> gateway.allow(IpNetwork.host(address)));
    }

    /// Tells gateways of all names that they do not know yet, or again when they are silent.
    public void update(long nowNs) {
        for (var entry : resources.all()) {
            if (entry.gateway != null) {
                proxies.of(entry.id()).forEach(name -> tell(entry.gateway, name, nowNs));
            }
        }
    }

    /// The same of one name, which may be new.
    public void update(ProxyName name, long nowNs) {
        var entry = resources.get(name.resourceId());
        if (entry != null && entry.gateway != null) {
            allow(entry.gateway, name);
            tell(entry.gateway, name, nowNs);
        }
    }

    /// Tells a gateway of one name if that is due.
    public void tell(Gateway gateway, ProxyName name, long nowNs) {
        if (name.handleUpdate(nowNs)) {
            var addresses = name.addresses();
            send(
                    gateway,
                    new P2pEvent.AssignedIps(name.resourceId(), name.name(), addresses),
                    nowNs);
        }
    }

    private void send(Gateway gateway, P2pEvent event, long nowNs) {
        int at = PacketBatch.HEADROOM_LENGTH;
        int length = P2pControl.encode(event, scratch.buffer(), at);
        scratch.clear();
        scratch.add(at, length, 0);
        tunnels.send(gateway.id(), scratch, 0, 1, nowNs);
    }

    void send(Gateway gateway, byte[] packet, long nowNs) {
        ParkedPackets.copy(packet, scratch);
        tunnels.send(gateway.id(), scratch, 0, 1, nowNs);
    }

    /// A control packet of a gateway.
    public void handleControl(Gateway gateway, IpPacket packet, long nowNs) {
        if (!gateway.takeControlPacket(nowNs)) {
            controlExcess++;
            return;
        }
        switch (P2pControl.decode(packet)) {
            case P2pEvent.DomainStatus(var resource, var domain, boolean active) -> {
                var name = proxies.find(DomainPattern.normalize(domain), resource);
                var entry = resources.get(resource);
                if (name != null && entry != null && entry.gateway == gateway) {
                    name.handleStatus(active).forEach(parked -> send(gateway, parked, nowNs));
                }
            }
            case P2pEvent.Goodbye _ -> {
                events.add(new ClientEvent.Left(gateway.id(), Cause.GOODBYE));
                // Named again, it would look to the portal like a tunnel of ours: it would take
                // the resource and give it back, and another packet would have to ask once more.
                requests.forget(gateway.id());
                lose(gateway.id(), nowNs);
            }
            case P2pEvent.AssignedIps _, P2pEvent.Unknown _, P2pEvent.Malformed _ -> {}
        }
    }

    /// The portal refused: if the sites are offline nothing will come of it.
    ///
    /// @return what waits for the flow, or null if nothing does
    public PendingFlow refuse(String resourceId, boolean offline, long nowNs) {
        var entry = resources.get(resourceId);
        if (entry == null) {
            return null;
        }
        var waiting = entry.pending;
        if (!offline) {
            if (waiting != null) {
                waiting.handleRefused();
            }
            return waiting; // a later packet asks again
        }
        entry.pending = null;
        release(entry, Cause.OFFLINE, nowNs);
        entry.resource.sites().forEach(site -> sites.set(site.id(), SiteStatus.OFFLINE));
        return waiting;
    }

    public void handleConnected(String gatewayId) {
        var gateway = gateways.get(gatewayId);
        if (gateway != null) {
            sites.set(gateway.siteId(), SiteStatus.ONLINE);
        }
    }

    /// The tunnel has failed, or the gateway said goodbye: the next packet asks for another flow.
    ///
    /// Deviation from client.md 21: what is in use asks at once. Who downloads only acknowledges,
    /// and has nothing to acknowledge once nothing comes; the next packet would never be.
    public void lose(String gatewayId, long nowNs) {
        var gateway = gateways.get(gatewayId);
        var inUse = gateway == null ? List.<ResourceEntry>of() : inUse(gateway, nowNs);
        disconnect(gatewayId, nowNs);
        inUse.forEach(entry -> requests.requestNow(entry, nowNs));
    }

    private void disconnect(String gatewayId, long nowNs) {
        var gateway = gateways.remove(gatewayId);
        if (gateway == null) {
            return;
        }
        unbindAll(gateway);
        tunnels.close(gatewayId, nowNs);
        sites.set(gateway.siteId(), SiteStatus.UNKNOWN);
    }

    private void forgetNames(ResourceEntry entry) {
        proxies.of(entry.id()).forEach(ProxyName::handleGatewayGone);
    }

    /// The resource is gone or switched off: so is its gateway if it served nothing else.
    public void release(ResourceEntry entry, long nowNs) {
        release(entry, Cause.NOT_NEEDED, nowNs);
    }

    private void release(ResourceEntry entry, Cause cause, long nowNs) {
        var gateway = entry.gateway;
        entry.pending = null;
        entry.gateway = null;
        forgetNames(entry);
        if (gateway == null) {
            return;
        }
        if (resources.all().stream().anyMatch(other -> other.gateway == gateway)) {
            allowAll(gateway);
            return;
        }
        send(gateway, new P2pEvent.Goodbye(), nowNs);
        events.add(new ClientEvent.Left(gateway.id(), cause));
        disconnect(gateway.id(), nowNs);
    }

    /// Says goodbye to every gateway.
    public void shutdown(long nowNs) {
        for (var gateway : List.copyOf(gateways.values())) {
            send(gateway, new P2pEvent.Goodbye(), nowNs);
            disconnect(gateway.id(), nowNs);
        }
    }

    /// Forgets all gateways without a word; what waits for a flow goes on waiting.
    public void reset(long nowNs) {
        for (var gateway : List.copyOf(gateways.values())) {
            disconnect(gateway.id(), nowNs);
        }
        requests.reset(resources.all());
    }

    /// A resource as shown to the user.
    public ResourceView view(ResourceEntry entry) {
        var gatewayId = Optional.ofNullable(entry.gateway).map(gateway -> gateway.id());
        return ResourceView.of(entry.resource, sites.of(entry.resource), gatewayId);
    }
}
