package dev.gatehouse.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MonotonicClockTest {
    private static final long SECOND_NS = 1_000_000_000;

    private long ticksNs = 77;
    private long unixMs = 1_800_000_000_000L;
    private final MonotonicClock clock =
            new MonotonicClock(() -> ticksNs, () -> Instant.ofEpochMilli(unixMs));

    private void pass(long ticks, long wallMs) {
        ticksNs += ticks;
        unixMs += wallMs;
    }

    @Test
    void countsFromItsStart() {
        assertThat(clock.nowNs()).isZero();
        assertThat(clock.unixOriginNs()).isEqualTo(1_800_000_000 * SECOND_NS);
        pass(5 * SECOND_NS, 5_000);
        assertThat(clock.nowNs()).isEqualTo(5 * SECOND_NS);
    }

    @Test
    void makesUpForTheSleepOfTheHost() {
        pass(SECOND_NS, 3_601_000);
        assertThat(clock.nowNs()).isEqualTo(3_601 * SECOND_NS);
        pass(SECOND_NS, 1_000);
        assertThat(clock.nowNs()).isEqualTo(3_602 * SECOND_NS);
        assertThat(clock.unixOriginNs() + clock.nowNs()).isEqualTo(unixMs * 1_000_000);
    }

    @Test
    void aWallClockThatIsSetBackOrALittleAheadChangesNothing() {
        pass(SECOND_NS, 1_999);
        assertThat(clock.nowNs()).isEqualTo(SECOND_NS);
        pass(SECOND_NS, -60_000);
        assertThat(clock.nowNs()).isEqualTo(2 * SECOND_NS);
        pass(SECOND_NS, 1_000);
        assertThat(clock.nowNs()).isEqualTo(3 * SECOND_NS);
    }
}
