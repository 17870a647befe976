package dev.gatehouse.dataplane.snapshot;

import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// What turns one snapshot into another.
public final class SnapshotDiff {
    private SnapshotDiff() {}

    /// Returns empty if nothing differs.
    public static Optional<Delta> between(Snapshot before, Snapshot after) {
        return between(before, after, Set.of());
    }

    /// @param again clients to tell anew, as a whole, whether anything of them differs or not
    public static Optional<Delta> between(Snapshot told, Snapshot after, Set<String> again) {
        var before = again.isEmpty() ? told : without(told, again);
        var delta = Delta.newBuilder();
        Stream.concat(
                        told.getClientsList().stream().map(Client::getId),
                        told.getPeersList().stream().map(Peer::getClientId))
                .filter(again::contains)
                .distinct()
                .forEach(delta::addRemovedClientIds);
        var changed = Snapshot.newBuilder();
        singular(before, after, changed);
        compare(
                before.getRelaysList(),
                after.getRelaysList(),
                r -> r.getRelay().getId(),
                changed::addRelays,
                delta::addRemovedRelayIds);
        compare(
                before.getShardPortsList(),
                after.getShardPortsList(),
                p -> p.getShard(),
                changed::addShardPorts,
                _ -> {});
        compare(
                before.getClientsList(),
                after.getClientsList(),
                c -> c.getId(),
                changed::addClients,
                delta::addRemovedClientIds);
        compare(
                before.getPeersList(),
                after.getPeersList(),
                p -> p.getClientId(),
                changed::addPeers,
                delta::addRemovedPeerIds);
        compare(
                before.getAuthorizationsList(),
                after.getAuthorizationsList(),
                a -> a.getKey(),
                changed::addAuthorizations,
                delta::addRemovedAuthorizations);
        compare(
                before.getDnsMappingsList(),
                after.getDnsMappingsList(),
                d -> d.getKey(),
                changed::addDnsMappings,
                delta::addRemovedDnsMappings);
        var part = changed.build();
        if (!part.equals(Snapshot.getDefaultInstance())) {
            delta.setChanged(part);
        }
        var result = delta.build();
        return result.equals(Delta.getDefaultInstance()) ? Optional.empty() : Optional.of(result);
    }

    private static Snapshot without(Snapshot told, Set<String> clients) {
        var rest =
                told.toBuilder()
                        .clearClients()
                        .clearPeers()
                        .clearAuthorizations()
                        .clearDnsMappings();
        told.getClientsList().stream()
                .filter(c -> !clients.contains(c.getId()))
                .forEach(rest::addClients);
        told.getPeersList().stream()
                .filter(p -> !clients.contains(p.getClientId()))
                .forEach(rest::addPeers);
        told.getAuthorizationsList().stream()
                .filter(a -> !clients.contains(a.getKey().getClientId()))
                .forEach(rest::addAuthorizations);
        told.getDnsMappingsList().stream()
                .filter(d -> !clients.contains(d.getKey().getClientId()))
                .forEach(rest::addDnsMappings);
        return rest.build();
    }

    private static void singular(Snapshot before, Snapshot after, Snapshot.Builder changed) {
        if (after.hasKeyPair() && !after.getKeyPair().equals(before.getKeyPair())) {
            changed.setKeyPair(after.getKeyPair());
        }
        if (after.hasInterface() && !after.getInterface().equals(before.getInterface())) {
            changed.setInterface(after.getInterface());
        }
        if (after.hasUdpPort() && after.getUdpPort() != before.getUdpPort()) {
            changed.setUdpPort(after.getUdpPort());
        }
    }

    private static <M, K> void compare(
            List<M> before,
            List<M> after,
            Function<M, K> id,
            Consumer<M> change,
            Consumer<K> removal) {
        Map<K, M> old = new LinkedHashMap<>();
        before.forEach(element -> old.put(id.apply(element), element));
        for (var element : after) {
            var known = old.remove(id.apply(element));
            if (!element.equals(known)) {
                change.accept(element);
            }
        }
        old.keySet().forEach(removal);
    }
}
