package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RelaySelectionTest {
    private static final long MS = 1_000_000L;

    @Test
    void theSlowerOfTwoMayTakeHalfAsLongAgain() {
        assertThat(RelaySelection.limitNs(new long[] {30 * MS, 20 * MS})).isEqualTo(30 * MS);
    }

    @Test
    void amongMoreOnlyOutliersAreLeftOut() {
        long[] times = {20 * MS, 24 * MS, 22 * MS, 90 * MS};

        assertThat(RelaySelection.limitNs(times)).isBetween(30 * MS, 40 * MS);
    }

    @Test
    void equalTimesLeaveRoomForNoise() {
        long[] times = {20 * MS, 20 * MS, 20 * MS};

        assertThat(RelaySelection.limitNs(times)).isEqualTo(26 * MS);
    }
}
