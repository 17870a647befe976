package dev.gatehouse.portal.hub.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.policy.Location;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RelayChoiceTest {
    private static final Location BERLIN = at(52.5, 13.4);
    private static final Location PARIS = at(48.9, 2.4);

    private static Location at(double latitude, double longitude) {
        return new Location(
                Optional.empty(), Optional.of(new Location.Coordinates(latitude, longitude)));
    }

    @Test
    void aPeerKeepsItsRelaysAndIsFilledUpToTwo() {
        var online =
                List.of(
                        new RelayChoice.Candidate("a", PARIS),
                        new RelayChoice.Candidate("b", BERLIN),
                        new RelayChoice.Candidate("c", Location.UNKNOWN));
        var choice = new RelayChoice(new SplittableRandom(1));
        assertThat(choice.choose(online, List.of("c"), BERLIN)).containsExactly("c", "b");
        assertThat(choice.choose(online, List.of(), BERLIN)).containsExactly("b", "a");
        assertThat(choice.choose(online, List.of(), Location.UNKNOWN)).hasSize(2);
        assertThat(choice.choose(List.of(), List.of("a"), BERLIN)).isEmpty();
    }
}
