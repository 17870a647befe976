package dev.gatehouse.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayWindowPropertyTest {
    @Test
    void counterZeroIsAcceptedAfterCounterOneAndOnlyOnce() {
        var window = new ReplayWindow();

        assertThat(window.accept(1)).isTrue();
        assertThat(window.accept(0)).isTrue();
        assertThat(window.accept(0)).isFalse();
        assertThat(window.accept(1)).isFalse();
    }

    @Test
    void theWindowIsAtLeast8192PacketsAndEndsSomewhere() {
        var window = new ReplayWindow();
        long newest = 1_000_000;

        assertThat(window.accept(newest)).isTrue();
        assertThat(window.accept(newest - 8192)).isTrue();
        assertThat(window.accept(newest - ReplayWindow.WINDOW_SIZE)).isTrue();
        assertThat(window.accept(newest - ReplayWindow.WINDOW_SIZE - 1)).isFalse();
    }

    @Test
    void theLargestCounterIsAccepted() {
        var window = new ReplayWindow();

        assertThat(window.accept(Long.MAX_VALUE)).isTrue();
        assertThat(window.accept(Long.MAX_VALUE)).isFalse();
        assertThat(window.accept(Long.MAX_VALUE - 1)).isTrue();
        assertThat(window.accept(0)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void behavesAsASetOfSeenCounters(long seed) {
        var random = new SplittableRandom(seed);
        var window = new ReplayWindow();
        var seen = new HashSet<Long>();
        long newest = 0;
        for (int i = 0; i < 50_000; i++) {
            long counter = Math.max(0, newest + offset(random));
            boolean expected =
                    newest - counter <= ReplayWindow.WINDOW_SIZE && !seen.contains(counter);

            assertThat(window.isAcceptable(counter))
                    .as("%d, %d", seed, counter)
                    .isEqualTo(expected);
            assertThat(window.accept(counter)).as("%d, %d", seed, counter).isEqualTo(expected);

            if (expected) {
                seen.add(counter);
                newest = Math.max(newest, counter);
            }
        }
    }

    private static long offset(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong(-20_000, 1);
            case 1 -> random.nextLong(0, 40_000);
            case 2 -> random.nextLong(-ReplayWindow.WINDOW_SIZE - 2, -ReplayWindow.WINDOW_SIZE + 3);
            default -> random.nextLong(-70, 70);
        };
    }
}
