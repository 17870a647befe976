package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.Grant;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.fragment.FragmentTable;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.dataplane.gateway.name.NameTargets;
import dev.gatehouse.dataplane.gateway.nat.NatChanges;
import dev.gatehouse.dataplane.gateway.nat.NatFlow;
import dev.gatehouse.dataplane.gateway.nat.NatJournal;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/// All clients of a gateway and everything that happens to their packets between the tunnel and the
/// TUN device: tunnel.md sections 5 to 7 and 9.
///
/// Sans-IO. The caller makes one mutation, drains [#pollEvent] until it is null, and calls
/// [#handleTimeout] when [#pollTimeout] is reached. A client exists while it has a resource; its
/// connection may come and go meanwhile. Owned by one shard.
public final class GatewayState {
    public static final long NEVER = Long.MAX_VALUE;

    /// Translations that one [#takeNatChanges] looks at: a burst is told in pieces.
    static final int NAT_CHANGES_MAX = 1_000;

    private static final long SECOND_NS = 1_000_000_000L;

    private final GatewayLimits limits;
    private final long unixOriginNs;
    private final DropCounters drops = new DropCounters();
    private final ArrayDeque<GatewayEvent> events = new ArrayDeque<>();
    private final Map<String, ClientPeer> peers = new LinkedHashMap<>();
    private final Shared shared;
    private final StateChanges changes;
    private final NatJournal translations;
    private final FragmentTable fragments;
    private final PrefixTable<ClientPeer> peersByAddress = new PrefixTable<>();
    private final ControlPath control;
    private final OutboundPath outbound;
    private final InboundPath inbound;
    private Optional<GatewaySnapshot.Interface> tunnel = Optional.empty();
    private long nextTickNs = NEVER;

    /// @param unixOriginNs unix time in nanoseconds when `nowNs` is 0
    /// @param hashSeed random: clients must not know what falls together in a table
    public GatewayState(GatewayLimits limits, long unixOriginNs, long hashSeed) {
        this.limits = limits;
        this.unixOriginNs = unixOriginNs;
        shared = new Shared(limits, hashSeed);
        changes = shared.changes;
        translations = shared.nat.journal();
        var scratch = new Scratch();
        control = new ControlPath(scratch, drops, events, this::forget, limits.resolutions());
        fragments = new FragmentTable(limits.fragments(), drops);
        outbound = new OutboundPath(scratch, drops, control, fragments);
        inbound = new InboundPath(peersByAddress, scratch, drops, fragments);
    }

    /// Sets the gateway's own tunnel addresses.
    public void setInterface(IpAddress v4, IpAddress v6) {
        var known = new GatewaySnapshot.Interface(v4, v6);
        tunnel = Optional.of(known);
        outbound.tunnel(known);
        inbound.tunnel(known);
    }

    /// Sets which addresses the gateway's host has, beside those of its loopback and tunnels.
    public void setHostAddresses(Collection<IpAddress> addresses) {
        shared.host.set(addresses);
    }

    /// Names may stand for addresses in these networks, whatever speaks against it.
    public void allowNameTargets(Collection<IpNetwork> networks) {
        control.targets(new NameTargets(networks));
    }

    /// Adds a client or a resource to a client, or replaces what is known of either, expiry
    /// included. Returns false, and changes nothing, before [#setInterface] and at a limit.
    public boolean authorize(Authorization authorization, long nowNs) {
        if (tunnel.isEmpty()) {
            return false;
        }
        String id = authorization.clientId();
        var peer = peers.get(id);
        boolean isNew = peer == null;
        if (isNew && peers.size() >= limits.clientsMax()) {
            return false;
        }
        if (isNew) {
            peer = new ClientPeer(id, authorization.clientV4(), authorization.clientV6(), shared);
        }
        if (!peer.grant(authorization.resource(), authorization.expiresAtUnixSeconds())) {
            return false;
        }
        peers.put(id, peer);
        changes.addAuthorized(id, authorization.resource().id());
        place(peer, authorization.clientV4(), authorization.clientV6());
        if (nextTickNs == NEVER) {
            nextTickNs = nowNs + SECOND_NS;
        }
        return true;
    }

    /// The newest client of a tunnel address gets what is sent to it.
    private void place(ClientPeer peer, IpAddress v4, IpAddress v6) {
        boolean isThere =
                peer.v4().equals(v4)
                        && peer.v6().equals(v6)
                        && peersByAddress.longestMatch(v4) == peer
                        && peersByAddress.longestMatch(v6) == peer;
        if (isThere) {
            return;
        }
        unplace(peer);
        peer.addresses(v4, v6);
        peersByAddress.put(IpNetwork.host(v4), peer);
        peersByAddress.put(IpNetwork.host(v6), peer);
    }

    private void unplace(ClientPeer peer) {
        for (var address : List.of(peer.v4(), peer.v6())) {
            if (peersByAddress.longestMatch(address) == peer) {
                peersByAddress.remove(IpNetwork.host(address));
            }
        }
    }

    /// Takes a resource from a client; the last one closes the connection. False if the client did
    /// not have it.
    public boolean reject(String clientId, String resourceId) {
        var peer = peers.get(clientId);
        boolean had = peer != null && peer.revoke(resourceId);
        if (had) {
            closeIfEmpty(peer);
        }
        return had;
    }

    /// Replaces the resource for every client that has it; a change of type is ignored.
    public void updateResource(ResourceSpec resource) {
        peers.values().forEach(peer -> peer.update(resource));
    }

    /// Replaces the expiry of an authorization; an unknown one is ignored.
    public void updateExpiry(String clientId, String resourceId, OptionalLong unixSeconds) {
        var peer = peers.get(clientId);
        if (peer != null) {
            peer.expiresAt(resourceId, unixSeconds);
        }
    }

    /// Removes every authorization that is not listed and sets the expiry of those that are;
    /// unknown ones are ignored. Returns how many were removed.
    public int reconcile(Collection<Authorization.Listed> authorizations) {
        var listed = new TreeMap<String, TreeSet<String>>();
        for (var entry : authorizations) {
            listed.computeIfAbsent(entry.clientId(), _ -> new TreeSet<>()).add(entry.resourceId());
            updateExpiry(entry.clientId(), entry.resourceId(), entry.expiresAtUnixSeconds());
        }
        int removed = 0;
        for (var peer : List.copyOf(peers.values())) {
            int before = peer.grants().size();
            peer.retain(listed.getOrDefault(peer.id(), new TreeSet<>()));
            removed += before - peer.grants().size();
            closeIfEmpty(peer);
        }
        return removed;
    }

    /// Forgets a client without a word; its connection is the caller's business.
    public void removeClient(String clientId) {
        var peer = peers.get(clientId);
        if (peer != null) {
            forget(peer);
        }
    }

    /// Forgets all clients and closes their connections with a goodbye.
    public void shutdown() {
        List.copyOf(peers.values()).forEach(this::close);
    }

    private void closeIfEmpty(ClientPeer peer) {
        if (peer.grants().isEmpty()) {
            close(peer);
        }
    }

    private void close(ClientPeer peer) {
        forget(peer);
        events.add(new GatewayEvent.CloseConnection(peer.id(), true));
    }

    private void forget(ClientPeer peer) {
        peers.remove(peer.id());
        unplace(peer);
        control.forget(peer);
        peer.close();
        fragments.forget(peer);
        if (peers.isEmpty()) {
            nextTickNs = NEVER;
        }
    }

    /// Packets of a client, decrypted; rewritten in place. Entries of length 0 or less are skipped.
    public void handleFromPeer(
            String clientId, PacketBatch packets, GatewayOutput out, long nowNs) {
        var peer = peers.get(clientId);
        if (peer == null) {
            drops.count(DropReason.UNKNOWN_CLIENT, packets.count());
        } else {
            outbound.handle(peer, packets, out, nowNs);
        }
    }

    /// Packets read from the TUN device; rewritten in place.
    public void handleFromTun(PacketBatch packets, GatewayOutput out, long nowNs) {
        inbound.handle(packets, out, nowNs);
    }

    /// Answers [GatewayEvent.ResolveName]; no addresses at all is an answer too.
    public void handleResolved(
            long requestId, Collection<IpAddress> addresses, GatewayOutput out, long nowNs) {
        control.handleResolved(requestId, Optional.of(addresses), out, nowNs);
    }

    /// Answers [GatewayEvent.ResolveName] when the lookup failed or took over 10 seconds.
    public void handleResolveFailed(long requestId, GatewayOutput out, long nowNs) {
        control.handleResolved(requestId, Optional.empty(), out, nowNs);
    }

    /// Ends what has expired; has work once a second while there are clients.
    public void handleTimeout(long nowNs) {
        if (nowNs < nextTickNs) {
            return;
        }
        nextTickNs = nowNs + SECOND_NS;
        control.handleTimeout(nowNs);
        fragments.handleTimeout(nowNs);
        long nowUnixSeconds = Math.floorDiv(unixOriginNs + nowNs, SECOND_NS);
        for (var peer : List.copyOf(peers.values())) {
            peer.nat().handleTimeout(nowNs);
            for (var resourceId : peer.expire(nowUnixSeconds)) {
                events.add(new GatewayEvent.AccessExpired(peer.id(), resourceId));
            }
            closeIfEmpty(peer);
        }
    }

    /// The next `nowNs` at which [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        return nextTickNs;
    }

    /// Null when there is none; drain after every other call.
    public GatewayEvent pollEvent() {
        return events.poll();
    }

    public DropCounters drops() {
        return drops;
    }

    public int clients() {
        return peers.size();
    }

    public boolean hasClient(String clientId) {
        return peers.containsKey(clientId);
    }

    /// Live translations of all clients.
    public long natSessions() {
        return peers.values().stream().mapToLong(peer -> peer.nat().size()).sum();
    }

    /// Datagrams in pieces of which something is remembered.
    public int fragmentedDatagrams() {
        return fragments.size();
    }

    /// Translations that were told, so that a successor has them.
    public long natSessionsTold() {
        return translations.told();
    }

    /// Translations that a successor would not have, for a limit.
    public long natSessionsUntold() {
        return translations.refused();
    }

    /// Names that are set up for all clients, each once for every resource that serves it.
    public int names() {
        return shared.names.used();
    }

    /// What a successor has to know.
    public GatewaySnapshot snapshot() {
        var known = snapshot(peers.keySet());
        var flows = new ArrayList<NatFlow>();
        for (var peer : peers.values()) {
            peer.nat().forEachLive(session -> flows.add(NatFlow.of(session)));
        }
        return new GatewaySnapshot(tunnel, known.authorizations(), known.mappings(), flows);
    }

    /// As much of [#snapshot] as is of these clients, in that order; whom it does not know is gone.
    /// Without translations: see [#takeNatChanges].
    public GatewaySnapshot snapshot(Collection<String> clientIds) {
        return snapshot(GatewayChanges.of(List.copyOf(clientIds)));
    }

    /// As much of [#snapshot] as is of these parts; what it does not know is gone. Without
    /// translations: see [#takeNatChanges].
    public GatewaySnapshot snapshot(GatewayChanges parts) {
        var authorizations = new ArrayList<Authorization>();
        var mappings = new ArrayList<DnsMapping>();
        for (var id : parts.clients()) {
            var peer = peers.get(id);
            if (peer != null) {
                addTo(authorizations, peer);
                peer.proxies().forEach(mappings::add);
            }
        }
        for (var key : parts.grants()) {
            var peer = peers.get(key.clientId());
            var grant = peer == null ? null : peer.grants().get(key.resourceId());
            if (grant != null) {
                authorizations.add(authorization(peer, grant));
            }
        }
        for (var key : parts.mappings()) {
            var peer = peers.get(key.clientId());
            var mapping = peer == null ? null : peer.proxies().find(key.resourceId(), key.domain());
            if (mapping != null) {
                mappings.add(mapping);
            }
        }
        return new GatewaySnapshot(tunnel, authorizations, mappings, List.of());
    }

    private static void addTo(List<Authorization> authorizations, ClientPeer peer) {
        for (var grant : peer.grants().values()) {
            authorizations.add(authorization(peer, grant));
        }
    }

    private static Authorization authorization(ClientPeer peer, Grant grant) {
        return new Authorization(
                peer.id(), peer.v4(), peer.v6(), grant.resource(), grant.expiresAtUnixSeconds());
    }

    /// Whether [#takeChanges] has something to tell. Runs per batch.
    public boolean hasChanges() {
        return !changes.isRead() || !changes.isEmpty();
    }

    /// The parts of which [#snapshot] may tell something else than it did at the last call; all of
    /// them at the first.
    public GatewayChanges takeChanges() {
        boolean isFirst = !changes.isRead();
        var changed = changes.take();
        return isFirst ? GatewayChanges.of(List.copyOf(peers.keySet())) : changed;
    }

    /// Whether [#takeNatChanges] has something to tell. Runs per batch.
    public boolean hasNatChanges() {
        return !translations.isEmpty();
    }

    /// What differs in the translations from what was told, as far as one report may cost. Tells
    /// nothing before [#tellNatAgain].
    public NatChanges takeNatChanges() {
        return translations.take(NAT_CHANGES_MAX);
    }

    /// Somebody listens from here on, and knows of no translation yet.
    public void tellNatAgain() {
        translations.begin();
        peers.values().forEach(peer -> peer.nat().tellAgain());
    }

    /// Who listens has forgotten the translations of a client.
    public void tellNatAgain(String clientId) {
        var peer = peers.get(clientId);
        if (peer != null) {
            peer.nat().tellAgain();
        }
    }

    /// Nobody listens until the next [#tellNatAgain].
    public void dropNatChanges() {
        translations.end();
    }

    /// Takes over from a predecessor; only for a state that has no client yet.
    public void restore(GatewaySnapshot snapshot, long nowNs) {
        if (!peers.isEmpty()) {
            throw new IllegalStateException("has clients already");
        }
        snapshot.tunnel().ifPresent(known -> setInterface(known.v4(), known.v6()));
        snapshot.authorizations().forEach(authorization -> authorize(authorization, nowNs));
        for (var mapping : snapshot.mappings()) {
            var peer = peers.get(mapping.clientId());
            if (peer != null && peer.dnsGrant(mapping.resourceId(), mapping.domain()) != null) {
                peer.store(mapping);
            }
        }
        for (var flow : snapshot.flows()) {
            var peer = peers.get(flow.clientId());
            if (peer != null) {
                peer.restore(flow, nowNs);
            }
        }
    }
}
