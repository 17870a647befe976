package dev.gatehouse.channel.client;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.OptionalLong;

/// The `Retry-After` header, RFC 9110 section 10.2.3: seconds or a date. At most an hour is obeyed.
/// One that asks for no wait at all, as a date does under clocks that differ, does not override the
/// back-off: attempts would follow each other without a pause.
final class RetryAfter {
    private static final long MAX_NS = Duration.ofHours(1).toNanos();

    private RetryAfter() {}

    /// @param header null if there is none
    /// @return more than 0, or empty if nothing is asked for
    static OptionalLong parseNs(String header, Instant now) {
        if (header == null) {
            return OptionalLong.empty();
        }
        var text = header.strip();
        try {
            var wait =
                    text.chars().allMatch(Character::isDigit) && !text.isEmpty()
                            ? Duration.ofSeconds(Math.min(Long.parseLong(text), 86_400))
                            : Duration.between(now, date(text));
            return wait.isPositive()
                    ? OptionalLong.of(Math.min(wait.toNanos(), MAX_NS))
                    : OptionalLong.empty();
        } catch (DateTimeException | ArithmeticException | NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    private static Instant date(String text) {
        return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    }
}
