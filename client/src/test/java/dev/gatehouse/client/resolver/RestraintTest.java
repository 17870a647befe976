package dev.gatehouse.client.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RestraintTest {
    private static final long START_NS = Duration.ofHours(1).toNanos();
    private final Restraint restraint = new Restraint();

    @Test
    void whoeverUndoesItWithoutPauseIsMetLessAndLessOften() {
        long nowNs = START_NS;
        int first = 0;
        for (int i = 0; i < 3; i++) {
            assertThat(restraint.allowedAtNs()).isLessThanOrEqualTo(nowNs);
            assertThat(restraint.handleDone(nowNs)).isFalse();
        }
        for (int i = 1; i <= 12; i++) {
            first += restraint.handleDone(nowNs) ? 1 : 0;
            long waitS = Duration.ofNanos(restraint.allowedAtNs() - nowNs).toSeconds();
            assertThat(waitS).isEqualTo(Math.min(60, 1 << Math.min(i - 1, 6)));
            nowNs = restraint.allowedAtNs();
        }
        assertThat(first).as("told once").isEqualTo(1);
    }

    @Test
    void aMinuteOfPeaceIsForgiven() {
        long nowNs = START_NS;
        for (int i = 0; i < 6; i++) {
            restraint.handleDone(nowNs);
        }
        nowNs = restraint.allowedAtNs() + Duration.ofSeconds(61).toNanos();

        assertThat(restraint.handleDone(nowNs)).isFalse();
        assertThat(restraint.allowedAtNs()).isEqualTo(nowNs);
    }
}
