package dev.gatehouse.dataplane.handover;

import dev.gatehouse.dataplane.gateway.GatewayChanges;
import dev.gatehouse.dataplane.snapshot.ShardSnapshots;
import dev.gatehouse.dataplane.snapshot.SnapshotDiff;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.DnsMapping;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Snapshot;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a shard last told, or would have told, of its state, ready to be sent: by relay, by client
/// and by what is of one, so that what did not change is neither made again nor compared.
final class ToldState {
    /// What is of one client.
    private static final class Told {
        private Optional<Client> client = Optional.empty();
        private Optional<Peer> peer = Optional.empty();
        private final Map<String, Authorization> authorizations = new TreeMap<>(); // by resource
        private final Map<String, Map<String, DnsMapping>> mappings = new TreeMap<>(); // likewise

        boolean isEmpty() {
            return client.isEmpty()
                    && peer.isEmpty()
                    && authorizations.isEmpty()
                    && mappings.isEmpty();
        }

        void put(DnsMapping mapping) {
            mappings.computeIfAbsent(mapping.getKey().getResourceId(), _ -> new LinkedHashMap<>())
                    .put(mapping.getKey().getDomain(), mapping);
        }

        void remove(GatewayChanges.MappingKey key) {
            var known = mappings.get(key.resourceId());
            if (known != null && known.remove(key.domain()) != null && known.isEmpty()) {
                mappings.remove(key.resourceId());
            }
        }

        Map<String, DnsMapping> mappings(String resourceId) {
            return mappings.getOrDefault(resourceId, Map.of());
        }

        void addTo(Snapshot.Builder part) {
            client.ifPresent(part::addClients);
            peer.ifPresent(part::addPeers);
            part.addAllAuthorizations(authorizations.values());
            mappings.values().forEach(ofOne -> part.addAllDnsMappings(ofOne.values()));
        }
    }

    private static final Told NOTHING = new Told();

    private final int shard;
    private final Map<String, RelayState> relays = new TreeMap<>();
    private final Map<String, Told> clients = new LinkedHashMap<>();
    private Snapshot common = Snapshot.getDefaultInstance(); // what is of no relay or client

    ToldState(int shard) {
        this.shard = shard;
    }

    /// @return what turns the state before into the one after; empty if nothing differs
    Optional<Delta> update(ShardState.Changes changes) {
        var after = withNames(ShardSnapshots.label(changes.state(), shard), changes.parts());
        var before = before(changes, after);
        replace(changes, after);
        return SnapshotDiff.between(before, after, Set.copyOf(changes.parts().clients()));
    }

    /// With the names of resources that were given, which did not change.
    private Snapshot withNames(Snapshot state, GatewayChanges parts) {
        if (parts.authorized().isEmpty()) {
            return state;
        }
        var changed = Set.copyOf(parts.mappings());
        var all = state.toBuilder();
        for (var key : parts.authorized()) {
            told(key.clientId())
                    .mappings(key.resourceId())
                    .forEach(
                            (domain, mapping) -> {
                                if (!changed.contains(named(key, domain))) {
                                    all.addDnsMappings(mapping);
                                }
                            });
        }
        return all.build();
    }

    private static GatewayChanges.MappingKey named(GatewayChanges.GrantKey key, String domain) {
        return new GatewayChanges.MappingKey(key.clientId(), key.resourceId(), domain);
    }

    private Told told(String clientId) {
        return clients.getOrDefault(clientId, NOTHING);
    }

    /// What was told of the parts that may differ, without what is to be told anew anyway.
    private Snapshot before(ShardState.Changes changes, Snapshot after) {
        var parts = changes.parts();
        var again = new TreeSet<String>();
        parts.authorized().forEach(key -> again.add(key.clientId()));
        var whole = Set.copyOf(parts.clients());
        var part = common.toBuilder();
        for (var id : changes.relayIds()) {
            Optional.ofNullable(relays.get(id)).ifPresent(part::addRelays);
        }
        for (var id : parts.clients()) {
            told(id).addTo(part);
        }
        after.getClientsList().stream()
                .map(Client::getId)
                .filter(id -> !whole.contains(id) && !again.contains(id))
                .forEach(id -> told(id).client.ifPresent(part::addClients));
        var present = new TreeSet<String>();
        after.getPeersList().forEach(peer -> present.add(peer.getClientId()));
        for (var id : changes.peerIds()) {
            boolean isAnew = again.contains(id) && present.contains(id);
            if (!whole.contains(id) && !isAnew) {
                told(id).peer.ifPresent(part::addPeers);
            }
        }
        addGrants(parts, after, part);
        addMappings(parts, part);
        return part.build();
    }

    private void addGrants(GatewayChanges parts, Snapshot after, Snapshot.Builder part) {
        var authorized = Set.copyOf(parts.authorized());
        var present = new TreeMap<String, Set<String>>();
        after.getAuthorizationsList()
                .forEach(
                        one ->
                                present.computeIfAbsent(
                                                one.getKey().getClientId(), _ -> new TreeSet<>())
                                        .add(one.getKey().getResourceId()));
        for (var key : parts.grants()) {
            var known = told(key.clientId()).authorizations.get(key.resourceId());
            boolean isAnew =
                    authorized.contains(key)
                            && present.getOrDefault(key.clientId(), Set.of())
                                    .contains(key.resourceId());
            if (known != null && !isAnew) {
                part.addAuthorizations(known);
            }
        }
    }

    private void addMappings(GatewayChanges parts, Snapshot.Builder part) {
        for (var key : parts.mappings()) {
            var known = told(key.clientId()).mappings(key.resourceId()).get(key.domain());
            if (known != null) {
                part.addDnsMappings(known);
            }
        }
    }

    private void replace(ShardState.Changes changes, Snapshot after) {
        common =
                after.toBuilder()
                        .clearRelays()
                        .clearClients()
                        .clearPeers()
                        .clearAuthorizations()
                        .clearDnsMappings()
                        .build();
        relays.keySet().removeAll(changes.relayIds());
        after.getRelaysList().forEach(relay -> relays.put(relay.getRelay().getId(), relay));
        forget(changes);
        after.getClientsList().forEach(c -> of(c.getId()).client = Optional.of(c));
        after.getPeersList().forEach(p -> of(p.getClientId()).peer = Optional.of(p));
        for (var one : after.getAuthorizationsList()) {
            var key = one.getKey();
            of(key.getClientId()).authorizations.put(key.getResourceId(), one);
        }
        after.getDnsMappingsList().forEach(one -> of(one.getKey().getClientId()).put(one));
        changes.peerIds().forEach(this::forgetIfEmpty);
    }

    private void forget(ShardState.Changes changes) {
        var parts = changes.parts();
        parts.clients().forEach(clients::remove);
        changes.peerIds().forEach(id -> of(id).peer = Optional.empty());
        parts.grants().forEach(key -> of(key.clientId()).authorizations.remove(key.resourceId()));
        parts.mappings().forEach(key -> of(key.clientId()).remove(key));
    }

    private Told of(String clientId) {
        return clients.computeIfAbsent(clientId, _ -> new Told());
    }

    private void forgetIfEmpty(String clientId) {
        if (told(clientId).isEmpty()) {
            clients.remove(clientId);
        }
    }

    /// All of it.
    Snapshot whole() {
        var part = common.toBuilder();
        part.addAllRelays(relays.values());
        clients.values().forEach(told -> told.addTo(part));
        return part.build();
    }
}
