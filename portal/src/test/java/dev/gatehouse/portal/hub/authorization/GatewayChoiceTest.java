package dev.gatehouse.portal.hub.authorization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.portal.policy.SemVer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayChoiceTest {
    private static final Location BERLIN = at(52.5, 13.4);
    private static final Location PARIS = at(48.9, 2.4);

    private static final Resource RESOURCE =
            new Resource(
                    "r",
                    Resource.Type.CIDR,
                    "r",
                    "10.0.0.0/8",
                    Optional.empty(),
                    List.of(),
                    Resource.IpStack.DUAL,
                    List.of("hq"),
                    true);

    private static Location at(double latitude, double longitude) {
        return new Location(
                Optional.empty(), Optional.of(new Location.Coordinates(latitude, longitude)));
    }

    private static GatewayChoice.Candidate gateway(String id, String version, Location location) {
        return new GatewayChoice.Candidate(
                id, "hq", SemVer.parse(version).orElse(SemVer.UNREADABLE), location);
    }

    private static Optional<String> choose(
            List<GatewayChoice.Candidate> online, List<String> connected, Location client) {
        return new GatewayChoice(new SplittableRandom(1))
                .choose(online, connected, client)
                .map(GatewayChoice.Candidate::id);
    }

    @ParameterizedTest
    @CsvSource({
        "1.4.0, true",
        "1.5.2, true",
        "1.6.1, true",
        "1.3.9, false",
        "1.7.0, false",
        "2.5.0, false",
        "garbage, false",
    })
    void aClientIsServedByOneMinorVersionBelowToOneAbove(String gateway, boolean serves) {
        var online = List.of(gateway("g", gateway, Location.UNKNOWN));
        assertThat(GatewayChoice.compatible(online, RESOURCE, new SemVer(1, 5, 12)))
                .hasSize(serves ? 1 : 0);
        assertThat(GatewayChoice.compatible(online, RESOURCE, SemVer.UNREADABLE)).isEmpty();
    }

    @Test
    void aConnectedGatewayIsPreferredThenTheNearestThenTheNewest() {
        var berlin = gateway("berlin", "1.4.9", BERLIN);
        var newer = gateway("newer", "1.4.17", BERLIN);
        var paris = gateway("paris", "1.5.0", PARIS);
        var nowhere = gateway("nowhere", "1.6.0", Location.UNKNOWN);
        var all = List.of(berlin, newer, paris, nowhere);
        assertThat(choose(all, List.of("paris"), BERLIN)).contains("paris");
        assertThat(choose(all, List.of(), BERLIN)).contains("newer");
        assertThat(choose(all, List.of(), PARIS)).contains("paris");
        assertThat(choose(List.of(nowhere), List.of("gone"), PARIS)).contains("nowhere");
        assertThat(choose(List.of(), List.of(), PARIS)).isEmpty();
    }
}
