package dev.gatehouse.portal.policy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// The time ranges of one weekday in one zone: `M/08:00-12:00,13-17/Europe/Berlin`.
///
/// Ranges are inclusive seconds of the day, merged where they touch or overlap.
public record TimeRanges(int dayOfWeek, List<Range> ranges, ZoneId zone) {
    private static final String DAYS = "MTWRFSU";
    private static final int LAST_SECOND = 24 * 3600 - 1;

    public TimeRanges {
        ranges = merge(ranges);
    }

    /// First and last second of the day.
    public record Range(int from, int to) {}

    /// @throws IllegalArgumentException with a sentence for the administrator
    public static TimeRanges parse(String text) {
        String[] parts = text.split("/", 3);
        if (parts.length != 3) {
            throw new IllegalArgumentException(
                    "\"%s\" is not <day>/<ranges>/<zone>".formatted(text));
        }
        int day = parts[0].length() == 1 ? DAYS.indexOf(parts[0]) : -1;
        if (day < 0) {
            throw new IllegalArgumentException(
                    "\"%s\" is not a day: one of M T W R F S U".formatted(parts[0]));
        }
        return new TimeRanges(day + 1, ranges(parts[1]), zone(parts[2]));
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "\"%s\" is not an IANA time zone".formatted(text), e);
        }
    }

    private static List<Range> ranges(String text) {
        var ranges = new ArrayList<Range>();
        if (text.equals("true")) {
            ranges.add(new Range(0, LAST_SECOND));
        } else if (!text.isBlank()) {
            for (String part : text.split(",", -1)) {
                ranges.add(range(part.strip()));
            }
        }
        return ranges;
    }

    private static Range range(String text) {
        String[] ends = text.split("-", -1);
        if (ends.length != 2) {
            throw new IllegalArgumentException("\"%s\" is not HH:MM-HH:MM".formatted(text));
        }
        var range = new Range(second(ends[0].strip()), second(ends[1].strip()));
        if (range.from() > range.to()) {
            throw new IllegalArgumentException(
                    "\"%s\" ends before it starts: split it at midnight".formatted(text));
        }
        return range;
    }

    private static int second(String text) {
        if (!text.matches("\\d{1,2}(:\\d{2}){0,2}")) {
            throw new IllegalArgumentException("\"%s\" is not HH[:MM[:SS]]".formatted(text));
        }
        String[] parts = text.split(":");
        int hour = Integer.parseInt(parts[0]);
        int minute = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
        int second = parts.length > 2 ? Integer.parseInt(parts[2]) : 0;
        if (hour > 23 || minute > 59 || second > 59) {
            throw new IllegalArgumentException("\"%s\" is not a time of day".formatted(text));
        }
        return hour * 3600 + minute * 60 + second;
    }

    private static List<Range> merge(List<Range> ranges) {
        var merged = new ArrayList<Range>();
        for (var range : ranges.stream().sorted(Comparator.comparingInt(Range::from)).toList()) {
            var last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.from() <= last.to() + 1) {
                merged.set(
                        merged.size() - 1, new Range(last.from(), Math.max(last.to(), range.to())));
            } else {
                merged.add(range);
            }
        }
        return List.copyOf(merged);
    }

    /// The unix second at which the range that holds `nowSeconds` ends, or empty outside of all.
    OptionalLong endOfRangeAt(long nowSeconds) {
        LocalDateTime local = LocalDateTime.ofInstant(Instant.ofEpochSecond(nowSeconds), zone);
        if (local.getDayOfWeek().getValue() != dayOfWeek) {
            return OptionalLong.empty();
        }
        int second = local.toLocalTime().toSecondOfDay();
        return ranges.stream()
                .filter(r -> r.from() <= second && second <= r.to())
                .mapToLong(r -> unixSecond(local.toLocalDate(), r.to()))
                .findFirst();
    }

    private long unixSecond(LocalDate date, int second) {
        return date.atStartOfDay().plusSeconds(second).atZone(zone).toEpochSecond();
    }
}
