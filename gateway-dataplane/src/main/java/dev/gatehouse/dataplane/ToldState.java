package dev.gatehouse.dataplane;

import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Snapshot;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What a shard last told, or would have told, of its state, ready to be sent: by relay and by
/// client, so that what did not change is neither made again nor compared.
final class ToldState {
    private final int shard;
    private final Map<String, RelayState> relays = new TreeMap<>();
    private final Map<String, Snapshot> clients = new LinkedHashMap<>(); // all that is of one
    private Snapshot common = Snapshot.getDefaultInstance(); // what is of neither

    ToldState(int shard) {
        this.shard = shard;
    }

    /// @param again clients to tell anew, as a whole, whether anything of them differs or not
    /// @return what turns the state before into the one after; empty if nothing differs
    Optional<Delta> update(ShardState.Changes changes, Set<String> again) {
        var before = part(changes.relayIds(), changes.clientIds());
        var after = ShardSnapshots.label(changes.state(), shard);
        replace(changes, after);
        return SnapshotDiff.between(before, after, again);
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
        var parts = byClient(after);
        for (var id : changes.clientIds()) {
            var part = parts.get(id);
            if (part == null) {
                clients.remove(id);
            } else {
                clients.put(id, part.build());
            }
        }
    }

    private static Map<String, Snapshot.Builder> byClient(Snapshot state) {
        var parts = new LinkedHashMap<String, Snapshot.Builder>();
        state.getClientsList().forEach(c -> of(parts, c.getId()).addClients(c));
        state.getPeersList().forEach(p -> of(parts, p.getClientId()).addPeers(p));
        state.getAuthorizationsList()
                .forEach(a -> of(parts, a.getKey().getClientId()).addAuthorizations(a));
        state.getDnsMappingsList()
                .forEach(m -> of(parts, m.getKey().getClientId()).addDnsMappings(m));
        return parts;
    }

    private static Snapshot.Builder of(Map<String, Snapshot.Builder> parts, String clientId) {
        return parts.computeIfAbsent(clientId, _ -> Snapshot.newBuilder());
    }

    /// All of it.
    Snapshot whole() {
        return part(relays.keySet(), clients.keySet());
    }

    private Snapshot part(Collection<String> relayIds, Collection<String> clientIds) {
        var part = common.toBuilder();
        for (var id : relayIds) {
            Optional.ofNullable(relays.get(id)).ifPresent(part::addRelays);
        }
        for (var id : clientIds) {
            Optional.ofNullable(clients.get(id)).ifPresent(part::mergeFrom);
        }
        return part.build();
    }
}
