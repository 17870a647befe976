package dev.gatehouse.channel;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// Durations as people write them in settings: `90s`, `1h 30m`, `30d`; a bare number is seconds.
public final class HumanDuration {
    private static final Pattern TEXT =
            Pattern.compile(
                    "(?:(\\d{1,6})d)? ?(?:(\\d{1,6})h)? ?(?:(\\d{1,6})m)? ?(?:(\\d{1,9})s?)?",
                    Pattern.CASE_INSENSITIVE);

    private HumanDuration() {}

    /// Empty if the text is no duration.
    public static Optional<Duration> parse(String text) {
        var match = TEXT.matcher(text.strip());
        if (text.isBlank() || !match.matches()) {
            return Optional.empty();
        }
        return Optional.of(
                Duration.ofDays(number(match.group(1)))
                        .plusHours(number(match.group(2)))
                        .plusMinutes(number(match.group(3)))
                        .plusSeconds(number(match.group(4))));
    }

    private static long number(String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }
}
