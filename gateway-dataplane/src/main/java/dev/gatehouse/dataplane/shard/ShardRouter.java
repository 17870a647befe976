package dev.gatehouse.dataplane.shard;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/// Which shard serves which client.
///
/// A client stays where it is for as long as its shard knows it; one that comes anew goes to the
/// shard with the fewest clients, the lowest of several, of those that have a relay.
///
/// Holds what the shards hold, and what is being asked of them. Any thread may call, but never for
/// a packet: shards tell only who comes and goes.
public final class ShardRouter {
    private static final class Place {
        private final int shard;
        private int asked; // authorizations under way
        private boolean isPresent;

        Place(int shard) {
            this.shard = shard;
        }
    }

    private final int[] clients; // by shard
    private final Map<String, Place> places = new HashMap<>();

    /// @param shards at least 1
    public ShardRouter(int shards) {
        clients = new int[shards];
    }

    /// Where to authorize a client; [#answered] has to follow.
    ///
    /// @param hasRelay of a shard; where none has, shard 0 may say so
    public synchronized int assign(String clientId, IntPredicate hasRelay) {
        var place =
                places.computeIfAbsent(clientId, _ -> newPlace(leastLoaded(hasRelay).orElse(0)));
        place.asked++;
        return place.shard;
    }

    /// Elsewhere for a client that its shard cannot connect for want of a relay; empty if no other
    /// has one either. The shard that it leaves has to forget it.
    public synchronized OptionalInt move(String clientId, int from, IntPredicate hasRelay) {
        var place = places.get(clientId);
        var to = leastLoaded(shard -> shard != from && hasRelay.test(shard));
        if (place == null || place.shard != from || to.isEmpty()) {
            return OptionalInt.empty();
        }
        clients[from]--;
        var moved = newPlace(to.getAsInt());
        moved.asked = place.asked;
        places.put(clientId, moved);
        return to;
    }

    private OptionalInt leastLoaded(IntPredicate isUsable) {
        var least = OptionalInt.empty();
        for (int i = 0; i < clients.length; i++) {
            boolean isLess = least.isEmpty() || clients[i] < clients[least.getAsInt()];
            if (isLess && isUsable.test(i)) {
                least = OptionalInt.of(i);
            }
        }
        return least;
    }

    private Place newPlace(int shard) {
        clients[shard]++;
        return new Place(shard);
    }

    /// The authorization was answered, well or not: after [#arrived] or [#gone] that it caused.
    public synchronized void answered(String clientId) {
        var place = places.get(clientId);
        if (place != null) {
            place.asked--;
            forgetIfUnused(clientId, place);
        }
    }

    private void forgetIfUnused(String clientId, Place place) {
        if (place.asked == 0 && !place.isPresent) {
            places.remove(clientId);
            clients[place.shard]--;
        }
    }

    /// Where a client is; shard 0, which knows it as little, for an unknown one.
    public synchronized int shardOf(String clientId) {
        var place = places.get(clientId);
        return place == null ? 0 : place.shard;
    }

    /// The shard serves the client; told again at will.
    public synchronized void arrived(int shard, String clientId) {
        var place = places.computeIfAbsent(clientId, _ -> newPlace(shard));
        if (place.shard == shard) {
            place.isPresent = true;
        }
    }

    /// The shard has forgotten the client.
    public synchronized void gone(int shard, String clientId) {
        var place = places.get(clientId);
        if (place != null && place.shard == shard) {
            place.isPresent = false;
            forgetIfUnused(clientId, place);
        }
    }

    synchronized int clients(int shard) {
        return clients[shard];
    }
}
