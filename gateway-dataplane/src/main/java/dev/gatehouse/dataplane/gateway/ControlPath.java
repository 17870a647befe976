package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.dataplane.gateway.name.NameTargets;
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
import java.util.Optional;
import java.util.function.Consumer;

/// Control packets of clients and what follows from them: tunnel.md 5.3 and 6.3.
///
/// Look-ups are limited for a client and for all; what a client asks for beyond that waits for its
/// turn, one client after the other. Where no more can wait the client is told that the name is
/// inactive.
final class ControlPath {
    /// Longer than the 10 s that the shell gives a lookup: then its answer was lost.
    private static final long RESOLUTION_LOST_AFTER_NS = 15_000_000_000L;

    /// A client asks again after 2 s (tunnel.md 5.3): what waits for longer than a look-up may take
    /// is worth nothing any more.
    private static final long WAITING_MAX_NS = 10_000_000_000L;

    /// Clients that are looked at when a look-up ends: several, since the first ones may have all
    /// that they may have.
    private static final int TURNS_AT_ONCE = 8;

    private static final int WAITING_GUARANTEED = 16;

    private record Pending(
            NameRequests client,
            NameRequests.Key key,
            P2pEvent.AssignedIps request,
            long sinceNs) {}

    private final Scratch scratch;
    private final DropCounters drops;
    private final ArrayDeque<GatewayEvent> events;
    private final Consumer<ClientPeer> forget;
    private final GatewayLimits.Resolutions limits;
    private final SharedLimit underWay;
    private final SharedLimit waiting;
    private final Map<Long, Pending> pending = new LinkedHashMap<>(); // in order of age
    private NameTargets targets = new NameTargets(List.of());
    private final ArrayDeque<NameRequests> turns = new ArrayDeque<>(); // who has something waiting
    private long nextRequestId = 1;

    /// @param forget removes a client that said goodbye
    ControlPath(
            Scratch scratch,
            DropCounters drops,
            ArrayDeque<GatewayEvent> events,
            Consumer<ClientPeer> forget,
            GatewayLimits.Resolutions limits) {
        this.scratch = scratch;
        this.drops = drops;
        this.events = events;
        this.forget = forget;
        this.limits = limits;
        underWay = new SharedLimit(limits.max(), 1);
        waiting = new SharedLimit(limits.waitingMax(), WAITING_GUARANTEED);
    }

    void targets(NameTargets targets) {
        this.targets = targets;
    }

    /// Returns false if the client is gone.
    boolean handle(ClientPeer peer, IpPacket packet, GatewayOutput out, long nowNs) {
        if (!peer.requests().takePacket(nowNs)) {
            drops.count(DropReason.CONTROL_TOO_OFTEN);
            return true;
        }
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
        var key = NameRequests.Key.of(request);
        if (!peer.proxies().isWellFormed(request.proxyIps())) {
            refuse(DropReason.PROXIES_REFUSED, peer, request, out);
        } else if (!peer.proxies().hasRoomFor(key.resourceId(), key.domain())) {
            refuse(DropReason.PROXIES_FULL, peer, request, out);
        } else if (!mayWait(peer.requests(), key)) {
            refuse(DropReason.RESOLUTIONS_FULL, peer, request, out);
        } else {
            enqueue(peer.requests(), key, request, nowNs);
        }
    }

    private void refuse(
            DropReason reason, ClientPeer peer, P2pEvent.AssignedIps request, GatewayOutput out) {
        drops.count(reason);
        sendStatus(peer, request, false, out);
    }

    private boolean mayWait(NameRequests client, NameRequests.Key key) {
        return client.isWaiting(key)
                || waiting.admits(client.waiting(), limits.waitingPerClientMax());
    }

    private void enqueue(
            NameRequests client, NameRequests.Key key, P2pEvent.AssignedIps request, long nowNs) {
        waiting.add(client.isWaiting(key) ? 0 : 1);
        client.add(key, request, nowNs);
        if (client.hasTurn) {
            return; // some of its own come first
        }
        askNext(client, nowNs);
        queueIfWaiting(client);
    }

    private boolean askNext(NameRequests client, long nowNs) {
        if (client.waiting() == 0 || !underWay.admits(client.underWay, limits.perClientMax())) {
            return false;
        }
        ask(client, client.poll(), nowNs);
        return true;
    }

    private void ask(NameRequests client, NameRequests.Waiting next, long nowNs) {
        waiting.remove(1);
        underWay.add(1);
        client.underWay++;
        long id = nextRequestId++;
        var key = next.key();
        pending.put(id, new Pending(client, key, next.request(), nowNs));
        String clientId = client.peer().id();
        events.add(new GatewayEvent.ResolveName(id, clientId, key.resourceId(), key.domain()));
    }

    private void queueIfWaiting(NameRequests client) {
        if (client.waiting() > 0 && !client.hasTurn) {
            client.hasTurn = true;
            turns.addLast(client);
        }
    }

    /// One look-up for each client in turn, as far as limits allow.
    private void takeTurns(int max, long nowNs) {
        for (int i = Math.min(max, turns.size()); i > 0; i--) {
            var client = turns.pollFirst();
            client.hasTurn = false;
            askNext(client, nowNs);
            queueIfWaiting(client);
        }
    }

    /// The answer to a [GatewayEvent.ResolveName]; an unknown id is ignored.
    ///
    /// @param addresses empty: the look-up failed
    void handleResolved(
            long requestId,
            Optional<Collection<IpAddress>> addresses,
            GatewayOutput out,
            long nowNs) {
        var answered = pending.remove(requestId);
        if (answered == null) {
            return;
        }
        release(answered);
        var peer = answered.client().peer();
        var request = answered.request();
        boolean active = addresses.isPresent() && setUp(answered, addresses.get());
        sendStatus(peer, request, active, out);
        takeTurns(TURNS_AT_ONCE, nowNs);
    }

    private void release(Pending answered) {
        underWay.remove(1);
        answered.client().underWay--;
    }

    private boolean setUp(Pending answered, Collection<IpAddress> addresses) {
        var peer = answered.client().peer();
        var request = answered.request();
        if (peer.dnsGrant(request.resource(), request.domain()) == null) {
            return false; // taken away meanwhile
        }
        var name = answered.key();
        var key = new DnsMapping(peer.id(), name.resourceId(), name.domain(), List.of(), List.of());
        var usable = targets.usable(addresses, peer::hasNetwork, drops);
        var mapping = peer.proxies().distribute(key, request.proxyIps(), usable);
        if (peer.proxies().contradicts(mapping)) {
            peer.clearProxies();
            events.add(new GatewayEvent.DnsMappingsCleared(peer.id()));
        }
        if (!peer.store(mapping)) {
            drops.count(DropReason.PROXIES_FULL);
            return false;
        }
        events.add(new GatewayEvent.DnsMappingChanged(mapping));
        return true;
    }

    /// Forgets what waits for a client that is gone.
    void forget(ClientPeer peer) {
        var client = peer.requests();
        while (client.waiting() > 0) {
            client.poll();
            waiting.remove(1);
        }
        if (client.underWay > 0) {
            pending.values().removeIf(request -> request.client() == client);
            underWay.remove(client.underWay);
            client.underWay = 0;
        }
    }

    void handleTimeout(long nowNs) {
        forgetLost(nowNs);
        for (var client : turns) {
            while (client.waiting() > 0 && nowNs - client.oldest().sinceNs() >= WAITING_MAX_NS) {
                client.poll();
                waiting.remove(1);
                drops.count(DropReason.RESOLUTION_LOST);
            }
        }
        takeTurns(turns.size(), nowNs);
    }

    private void forgetLost(long nowNs) {
        for (Iterator<Pending> i = pending.values().iterator(); i.hasNext(); ) {
            var request = i.next();
            if (nowNs - request.sinceNs() < RESOLUTION_LOST_AFTER_NS) {
                return;
            }
            i.remove();
            release(request);
            drops.count(DropReason.RESOLUTION_LOST);
        }
    }

    private void sendStatus(
            ClientPeer peer, P2pEvent.AssignedIps request, boolean active, GatewayOutput out) {
        var status = new P2pEvent.DomainStatus(request.resource(), request.domain(), active);
        scratch.sendControl(peer, status, out);
    }
}
