package dev.gatehouse.channel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    @Test
    void retryAfterIsSecondsOrADate() {
        var now = Instant.parse("2026-11-21T11:14:00Z");

        assertThat(RetryAfter.parseNs("2", now)).isEqualTo(OptionalLong.of(2_000_000_000L));
        assertThat(RetryAfter.parseNs("Sat, 21 Nov 2026 11:14:03 GMT", now))
                .isEqualTo(OptionalLong.of(3_000_000_000L));
        assertThat(RetryAfter.parseNs("86401", now)).isEqualTo(OptionalLong.of(3_600_000_000_000L));
        assertThat(RetryAfter.parseNs("soon", now)).isEmpty();
        assertThat(RetryAfter.parseNs(null, now)).isEmpty();
    }

    /// portal-channel.md 9.2: it overrides the back-off; here there is nothing to override it with.
    @ParameterizedTest
    @ValueSource(strings = {"0", "Sat, 21 Nov 2026 11:13:59 GMT", "-5"})
    void aRetryAfterThatHasPassedLeavesTheBackoff(String header) {
        assertThat(RetryAfter.parseNs(header, Instant.parse("2026-11-21T11:14:00Z"))).isEmpty();
    }
}
