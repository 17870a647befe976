package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Control packets of clients and what follows from them: tunnel.md 5.3 and 6.3.
final class ControlPath {
    /// Longer than the 10 s that the shell gives a lookup: then its answer was lost.
    private static final long RESOLUTION_LOST_AFTER_NS = 15_000_000_000L;

    private record Pending(ClientPeer peer, P2pEvent.AssignedIps request, long sinceNs) {}

    private final Scratch scratch;
    private final DropCounters drops;
    private final ArrayDeque<GatewayEvent> events;
    private final Consumer<ClientPeer> forget;
    private final int resolutionsMax;
    private final Map<Long, Pending> pending = new LinkedHashMap<>(); // in order of age
    private NameTargets targets = new NameTargets(List.of());
    private long nextRequestId = 1;

    /// @param forget removes a client that said goodbye
    ControlPath(
            Scratch scratch,
            DropCounters drops,
            ArrayDeque<GatewayEvent> events,
            Consumer<ClientPeer> forget,
            int resolutionsMax) {
        this.scratch = scratch;
        this.drops = drops;
        this.events = events;
        this.forget = forget;
        this.resolutionsMax = resolutionsMax;
    }

    void targets(NameTargets targets) {
        this.targets = targets;
    }

    /// Returns false if the client is gone.
    boolean handle(ClientPeer peer, IpPacket packet, GatewayOutput out, long nowNs) {
        switch (P2pControl.decode(packet)) {
            case P2pEvent.AssignedIps request -> assign(peer, request, out, nowNs);
            case P2pEvent.Goodbye _ -> {
                forget.accept(peer);
                events.add(new GatewayEvent.CloseConnection(peer.id(), false));
                return false;
            }
            case P2pEvent.DomainStatus _, P2pEvent.Unknown _, P2pEvent.Malformed _ ->
                    drops.count(DropReason.CONTROL_IGNORED);
        }
        return true;
    }

    private void assign(
            ClientPeer peer, P2pEvent.AssignedIps request, GatewayOutput out, long nowNs) {
        if (peer.dnsGrant(request.resource(), request.domain()) == null) {
            sendStatus(peer, request, false, out);
            return;
        }
        if (pending.size() >= resolutionsMax) {
            drops.count(DropReason.RESOLUTIONS_FULL);
            return;
        }
        long id = nextRequestId++;
        pending.put(id, new Pending(peer, request, nowNs));
        String domain = DomainPattern.normalize(request.domain());
        events.add(new GatewayEvent.ResolveName(id, peer.id(), request.resource(), domain));
    }

    /// The answer to a [GatewayEvent.ResolveName]; an unknown id is ignored.
    void handleResolved(
            long requestId, Collection<IpAddress> addresses, boolean isKnown, GatewayOutput out) {
        var request = pending.remove(requestId);
        if (request != null) {
            boolean active = isKnown && setUp(request.peer(), request.request(), addresses);
            sendStatus(request.peer(), request.request(), active, out);
        }
    }

    private boolean setUp(
            ClientPeer peer, P2pEvent.AssignedIps request, Collection<IpAddress> addresses) {
        if (peer.dnsGrant(request.resource(), request.domain()) == null) {
            return false; // taken away meanwhile
        }
        String domain = DomainPattern.normalize(request.domain());
        if (peer.proxies().contradicts(domain, request.proxyIps())) {
            peer.clearProxies();
            events.add(new GatewayEvent.DnsMappingsCleared(peer.id()));
        }
        var key = new DnsMapping(peer.id(), request.resource(), domain, List.of(), List.of());
        var usable = targets.usable(addresses, peer, drops);
        var mapping = ProxyTable.distribute(key, request.proxyIps(), usable);
        if (!peer.store(mapping)) {
            drops.count(DropReason.PROXIES_FULL);
            return false;
        }
        events.add(new GatewayEvent.DnsMappingChanged(mapping));
        return true;
    }

    /// Forgets what waits for a client that is gone.
    void forget(ClientPeer peer) {
        pending.values().removeIf(request -> request.peer() == peer);
    }

    void handleTimeout(long nowNs) {
        for (Iterator<Pending> i = pending.values().iterator(); i.hasNext(); ) {
            if (nowNs - i.next().sinceNs() < RESOLUTION_LOST_AFTER_NS) {
                return;
            }
            i.remove();
            drops.count(DropReason.RESOLUTION_LOST);
        }
    }

    private void sendStatus(
            ClientPeer peer, P2pEvent.AssignedIps request, boolean active, GatewayOutput out) {
        var status = new P2pEvent.DomainStatus(request.resource(), request.domain(), active);
        scratch.sendControl(peer, status, out);
    }
}
