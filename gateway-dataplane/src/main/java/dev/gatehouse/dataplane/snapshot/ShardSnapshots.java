package dev.gatehouse.dataplane.snapshot;

import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.ShardPort;
import dev.gatehouse.rpc.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// The state of the whole data plane, in which everything names its shard, and that of one shard,
/// which knows nothing of others.
public final class ShardSnapshots {
    private ShardSnapshots() {}

    /// A shard's own state as its part of the whole. What all have in common, shard 0 tells.
    public static Snapshot label(Snapshot own, int shard) {
        if (shard == 0) {
            return own;
        }
        var part = Snapshot.newBuilder();
        if (own.hasUdpPort()) {
            part.addShardPorts(ShardPort.newBuilder().setShard(shard).setUdpPort(own.getUdpPort()));
        }
        own.getRelaysList().forEach(r -> part.addRelays(r.toBuilder().setShard(shard)));
        own.getClientsList().forEach(c -> part.addClients(c.toBuilder().setShard(shard)));
        return part.addAllPeers(own.getPeersList())
                .addAllAuthorizations(own.getAuthorizationsList())
                .addAllDnsMappings(own.getDnsMappingsList())
                .addAllNatSessions(own.getNatSessionsList())
                .build();
    }

    /// What each of `shards` resumes with: clients stay where they were. The clients of a shard
    /// that is no more go where there are fewest, without their connections, which had that shard's
    /// port and allocation: they keep what they may do, and their translations, and ask for a
    /// connection anew.
    public static List<Snapshot> split(Snapshot whole, int shards) {
        var parts = new ArrayList<Snapshot.Builder>();
        for (int i = 0; i < shards; i++) {
            parts.add(common(whole));
        }
        if (whole.hasUdpPort()) {
            parts.getFirst().setUdpPort(whole.getUdpPort());
        }
        whole.getShardPortsList().stream()
                .filter(port -> exists(port.getShard(), shards))
                .forEach(port -> parts.get(port.getShard()).setUdpPort(port.getUdpPort()));
        var relays = new HashSet<String>(); // each for one shard
        whole.getRelaysList().stream()
                .filter(relay -> exists(relay.getShard(), shards))
                .filter(relay -> relays.add(relay.getRelay().getId()))
                .forEach(r -> parts.get(r.getShard()).addRelays(r.toBuilder().clearShard()));
        var places = place(whole.getClientsList(), parts);
        for (var peer : whole.getPeersList()) {
            var place = places.getOrDefault(peer.getClientId(), Place.UNKNOWN);
            if (!place.isNew) {
                parts.get(place.shard).addPeers(peer);
            }
        }
        for (var one : whole.getAuthorizationsList()) {
            of(places, one.getKey().getClientId(), parts).addAuthorizations(one);
        }
        for (var one : whole.getDnsMappingsList()) {
            of(places, one.getKey().getClientId(), parts).addDnsMappings(one);
        }
        for (var one : whole.getNatSessionsList()) {
            of(places, one.getClientId(), parts).addNatSessions(one);
        }
        return parts.stream().map(Snapshot.Builder::build).toList();
    }

    private static boolean exists(int shard, int shards) {
        return Integer.compareUnsigned(shard, shards) < 0;
    }

    private static Snapshot.Builder common(Snapshot whole) {
        var part = Snapshot.newBuilder();
        if (whole.hasKeyPair()) {
            part.setKeyPair(whole.getKeyPair());
        }
        if (whole.hasInterface()) {
            part.setInterface(whole.getInterface());
        }
        return part;
    }

    private record Place(int shard, boolean isNew) {
        static final Place UNKNOWN = new Place(0, false);
    }

    private static Map<String, Place> place(List<Client> clients, List<Snapshot.Builder> parts) {
        var places = new HashMap<String, Place>();
        for (var client : clients) {
            if (exists(client.getShard(), parts.size())) {
                add(client, new Place(client.getShard(), false), places, parts);
            }
        }
        for (var client : clients) {
            if (!exists(client.getShard(), parts.size())) {
                add(client, new Place(emptiest(parts), true), places, parts);
            }
        }
        return places;
    }

    private static void add(
            Client client, Place place, Map<String, Place> places, List<Snapshot.Builder> parts) {
        places.put(client.getId(), place);
        parts.get(place.shard).addClients(client.toBuilder().clearShard());
    }

    private static int emptiest(List<Snapshot.Builder> parts) {
        int least = 0;
        for (int i = 1; i < parts.size(); i++) {
            if (parts.get(i).getClientsCount() < parts.get(least).getClientsCount()) {
                least = i;
            }
        }
        return least;
    }

    private static Snapshot.Builder of(
            Map<String, Place> places, String clientId, List<Snapshot.Builder> parts) {
        return parts.get(places.getOrDefault(clientId, Place.UNKNOWN).shard);
    }
}
