package dev.gatehouse.channel.options;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Durations as people write them in settings: `90s`, `1h 30m`, `5min`, `2 hours`, `30d`, `1week`;
/// a bare number is seconds. `M` is refused: it means months to some, minutes to others.
public final class HumanDuration {
    private static final Pattern PART = Pattern.compile("\\G\\s*(\\d++)\\s*([A-Za-z]*)");
    private static final int DIGITS_MAX = 9;
    private static final Duration MAX = Duration.ofDays(36_500); // fits nanoseconds
    private static final String AMBIGUOUS = "M";

    private static final Map<String, Duration> UNITS =
            Map.ofEntries(
                    Map.entry("ms", Duration.ofMillis(1)),
                    Map.entry("msec", Duration.ofMillis(1)),
                    Map.entry("s", Duration.ofSeconds(1)),
                    Map.entry("sec", Duration.ofSeconds(1)),
                    Map.entry("second", Duration.ofSeconds(1)),
                    Map.entry("m", Duration.ofMinutes(1)),
                    Map.entry("min", Duration.ofMinutes(1)),
                    Map.entry("minute", Duration.ofMinutes(1)),
                    Map.entry("h", Duration.ofHours(1)),
                    Map.entry("hr", Duration.ofHours(1)),
                    Map.entry("hour", Duration.ofHours(1)),
                    Map.entry("d", Duration.ofDays(1)),
                    Map.entry("day", Duration.ofDays(1)),
                    Map.entry("w", Duration.ofDays(7)),
                    Map.entry("week", Duration.ofDays(7)));

    private HumanDuration() {}

    /// Empty if the text is no duration.
    public static Optional<Duration> parse(String text) {
        var rest = text.strip();
        var parts = PART.matcher(rest);
        var sum = Duration.ZERO;
        int end = 0;
        while (parts.find()) {
            var unit = unit(parts.group(2), parts.start() == 0 || parts.end() == rest.length());
            if (unit.isEmpty() || parts.group(1).length() > DIGITS_MAX) {
                return Optional.empty();
            }
            sum = sum.plus(unit.get().multipliedBy(Long.parseLong(parts.group(1))));
            end = parts.end();
        }
        return end == rest.length() && end > 0 && sum.compareTo(MAX) <= 0
                ? Optional.of(sum)
                : Optional.empty();
    }

    /// @param isBareAllowed seconds may come without a unit
    private static Optional<Duration> unit(String text, boolean isBareAllowed) {
        if (text.isEmpty()) {
            return isBareAllowed ? Optional.of(Duration.ofSeconds(1)) : Optional.empty();
        }
        if (text.equals(AMBIGUOUS)) {
            return Optional.empty();
        }
        var known = text.toLowerCase(Locale.ROOT);
        return Optional.ofNullable(UNITS.get(known))
                .or(() -> Optional.ofNullable(UNITS.get(known.replaceFirst("s$", ""))));
    }
}
