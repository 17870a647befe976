package dev.gatehouse.portal.hub.relay;

import dev.gatehouse.portal.policy.Location;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/// Picks the relays a peer is told about: at most two, the nearest (portal-channel.md 7.4).
final class RelayChoice {
    static final int RELAYS_MAX = 2;

    private final RandomGenerator random;

    RelayChoice(RandomGenerator random) {
        this.random = random;
    }

    /// A relay that is online.
    record Candidate(String id, Location location) {}

    /// Keeps what the peer has (`announced`) and fills up by distance, at random among equals.
    List<String> choose(List<Candidate> online, List<String> announced, Location peer) {
        var chosen = new ArrayList<String>();
        for (var relay : online) {
            if (announced.contains(relay.id())) {
                chosen.add(relay.id());
            }
        }
        var others = new ArrayList<>(online);
        others.removeIf(r -> chosen.contains(r.id()));
        shuffle(others);
        others.sort(Comparator.comparingDouble(r -> peer.distanceTo(r.location())));
        others.forEach(r -> chosen.add(r.id()));
        return List.copyOf(chosen.subList(0, Math.min(RELAYS_MAX, chosen.size())));
    }

    private void shuffle(List<Candidate> relays) {
        for (int i = relays.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            var swapped = relays.get(i);
            relays.set(i, relays.get(j));
            relays.set(j, swapped);
        }
    }
}
