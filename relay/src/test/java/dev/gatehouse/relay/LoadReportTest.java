package dev.gatehouse.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.statistics.RelayStatistics;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private static final String SINCE = " since the last report";

    private final LoadReport report = new LoadReport();

    @Test
    void nothingIsSaidWhileNothingChanges() {
        for (int second = 0; second < 1000; second++) {
            assertThat(report.of(new RelayStatistics(), second * SECOND_NS)).isEmpty();
        }
    }

    @Test
    void aChangeIsSaidAtOnceAndTheNextAMinuteLater() {
        assertThat(report.of(load(1, 2), SECOND_NS))
                .contains("the relay serves 1 allocation with 2 channels, 0 B/s" + SINCE);
        for (int second = 2; second < 61; second++) {
            assertThat(report.of(load(second, 2), second * SECOND_NS)).isEmpty();
        }
        assertThat(report.of(load(7, 2), 61 * SECOND_NS))
                .contains("the relay serves 7 allocations with 2 channels, 0 B/s" + SINCE);
        assertThat(report.of(load(7, 2), 3600 * SECOND_NS)).isEmpty();
    }

    private static RelayStatistics load(int allocations, int channels) {
        return RelayStatistics.ofLoad(allocations, channels);
    }
}
