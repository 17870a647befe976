package dev.gatehouse.relay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThroughputTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B/s",
        "999, 999 B/s",
        "1000, 1.00 kB/s",
        "1234567, 1.23 MB/s",
        "5000000000000000, 5000.00 TB/s"
    })
    void unitsAreDecimal(long bytesPerSecond, String text) {
        assertThat(Throughput.format(bytesPerSecond)).isEqualTo(text);
    }
}
