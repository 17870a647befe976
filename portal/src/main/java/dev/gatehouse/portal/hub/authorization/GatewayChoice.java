package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.portal.policy.Representation;
import dev.gatehouse.portal.policy.SemVer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Picks the gateway for a flow (portal-channel.md 7.3).
///
/// Deviation: versions are compared semantically, so that 1.4.17 beats 1.4.9.
final class GatewayChoice {
    private final RandomGenerator random;

    GatewayChoice(RandomGenerator random) {
        this.random = random;
    }

    /// A gateway that is online.
    record Candidate(String id, String siteId, SemVer version, Location location) {}

    /// The gateways that can serve the resource to a client of this version.
    static List<Candidate> compatible(List<Candidate> online, Resource resource, SemVer client) {
        return online.stream()
                .filter(g -> resource.siteIds().contains(g.siteId()))
                .filter(g -> g.version().servesClient(client))
                .filter(g -> Representation.forVersion(resource, g.version()).isPresent())
                .toList();
    }

    /// Prefers gateways the client is connected to, then the nearest, then the newest.
    Optional<Candidate> choose(
            List<Candidate> compatible, List<String> connectedIds, Location client) {
        var connected = compatible.stream().filter(g -> connectedIds.contains(g.id())).toList();
        var left = connected.isEmpty() ? compatible : connected;
        if (client.coordinates().isPresent()) {
            left = newest(nearest(left, client));
        }
        return left.isEmpty()
                ? Optional.empty()
                : Optional.of(left.get(random.nextInt(left.size())));
    }

    private static List<Candidate> nearest(List<Candidate> gateways, Location client) {
        double least =
                gateways.stream()
                        .mapToDouble(g -> client.distanceTo(g.location()))
                        .min()
                        .orElse(Double.POSITIVE_INFINITY);
        return gateways.stream().filter(g -> client.distanceTo(g.location()) == least).toList();
    }

    private static List<Candidate> newest(List<Candidate> gateways) {
        var newest = gateways.stream().map(Candidate::version).max(Comparator.naturalOrder());
        return gateways.stream().filter(g -> g.version().equals(newest.orElseThrow())).toList();
    }
}
