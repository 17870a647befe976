package dev.gatehouse.dataplane.shard;

import dev.gatehouse.rpc.UpdateRelaysRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which shard uses which relay.
///
/// A relay keeps one allocation for a user name (relay.md), and a gateway has one name at each, so
/// two shards at one relay would take each other's allocation away for ever. A relay stays with
/// its shard; one that is new goes to the shard with the fewest, the lowest of several. Any thread
/// may call.
public final class RelayOwners {
    private final int[] relays; // by shard
    private final Map<String, Integer> owners = new TreeMap<>();

    public RelayOwners(int shards) {
        relays = new int[shards];
    }

    /// The shard has resumed the relay's allocation.
    public synchronized void restore(int shard, String relayId) {
        if (owners.putIfAbsent(relayId, shard) == null) {
            relays[shard]++;
        }
    }

    /// What each shard has to be told, in order: of relays its own.
    public synchronized List<UpdateRelaysRequest> divide(UpdateRelaysRequest request) {
        var parts = new ArrayList<UpdateRelaysRequest.Builder>();
        for (int i = 0; i < relays.length; i++) {
            parts.add(
                    UpdateRelaysRequest.newBuilder()
                            .setEpoch(request.getEpoch())
                            .addAllRemovedIds(request.getRemovedIdsList()));
        }
        request.getRemovedIdsList().forEach(this::remove);
        for (var relay : request.getRelaysList()) {
            int owner = owners.computeIfAbsent(relay.getId(), _ -> take());
            parts.get(owner).addRelays(relay);
        }
        return parts.stream().map(UpdateRelaysRequest.Builder::build).toList();
    }

    private void remove(String relayId) {
        var owner = owners.remove(relayId);
        if (owner != null) {
            relays[owner]--;
        }
    }

    private int take() {
        int least = 0;
        for (int i = 1; i < relays.length; i++) {
            if (relays[i] < relays[least]) {
                least = i;
            }
        }
        relays[least]++;
        return least;
    }
}
