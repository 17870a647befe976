package dev.gatehouse.transport.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SettlingTest {
    private static final long MS = 1_000_000L;

    private final Settling settling = new Settling();

    @Test
    void firstChangeIsLookedAtAMomentLater() {
        settling.handleChange(5 * MS);

        assertThat(settling.isDue(100 * MS)).isFalse();
        assertThat(settling.pollTimeout()).isEqualTo(105 * MS);
        assertThat(settling.isDue(105 * MS)).isTrue();
        assertThat(settling.isDue(106 * MS)).isFalse();
        assertThat(settling.pollTimeout()).isEqualTo(Settling.NEVER);
    }

    @Test
    void stormIsLookedAtOnceASecond() {
        int looks = 0;
        for (long t = 0; t < 10_000; t++) {
            settling.handleChange(t * MS);
            looks += settling.isDue(t * MS) ? 1 : 0;
        }

        assertThat(looks).isBetween(9, 11);
    }

    @Test
    void changeAfterAPauseIsLookedAtSoon() {
        settling.handleChange(0);
        settling.isDue(100 * MS);
        settling.handleChange(5_000 * MS);

        assertThat(settling.pollTimeout()).isEqualTo(5_100 * MS);
    }
}
