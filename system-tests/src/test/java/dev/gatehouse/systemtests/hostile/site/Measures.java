package dev.gatehouse.systemtests.hostile.site;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/// What the [HonestUser] told of a span of time.
///
/// @param done what was done, and pings that were sent
/// @param failures lines that tell of what was not
public record Measures(List<Done> done, List<String> failures) {
    /// What the user does over and over.
    public static final List<String> KINDS =
            List.of("ping", "kept", "download", "flow", "name", "portal");

    private static final double NS_PER_MS = 1e6;
    private static final double PERCENT = 100;

    /// @param beganNs of the machine's monotonic clock, as [System#nanoTime]
    record Done(String kind, long beganNs, long tookNs) {}

    static Measures read(String output) {
        var done = new ArrayList<Done>();
        var failures = new ArrayList<String>();
        // The last line may not be complete.
        output.substring(0, output.lastIndexOf('\n') + 1)
                .lines()
                .forEach(
                        line -> {
                            var words = line.split(" ");
                            if (words[0].equals("failed")) {
                                failures.add(line);
                            } else {
                                done.add(
                                        new Done(
                                                words[0],
                                                Long.parseLong(words[1]),
                                                Long.parseLong(words[2])));
                            }
                        });
        return new Measures(done, failures);
    }

    /// What began after `fromNs`.
    Measures after(long fromNs) {
        return between(fromNs, Long.MAX_VALUE);
    }

    public Measures between(long fromNs, long untilNs) {
        return new Measures(
                done.stream().filter(d -> d.beganNs() >= fromNs && d.beganNs() < untilNs).toList(),
                failures.stream().filter(f -> isBetween(f, fromNs, untilNs)).toList());
    }

    private static boolean isBetween(String failure, long fromNs, long untilNs) {
        long ns = beganNs(failure);
        return ns >= fromNs && ns < untilNs;
    }

    public static long beganNs(String failure) {
        return Long.parseLong(failure.split(" ")[2]);
    }

    public int count(String kind) {
        return (int) done.stream().filter(d -> d.kind().equals(kind)).count();
    }

    /// How long `percent` of a kind took at most, in milliseconds; pings that were not
    /// answered are counted elsewhere.
    public double percentileMs(String kind, double percent) {
        var sorted =
                done.stream()
                        .filter(d -> d.kind().equals(kind))
                        .map(Done::tookNs)
                        .collect(Collectors.toCollection(ArrayList::new));
        sorted.sort(null);
        if (sorted.isEmpty()) {
            return Double.POSITIVE_INFINITY;
        }
        int rank = (int) Math.ceil(percent / PERCENT * sorted.size());
        return sorted.get(Math.max(0, rank - 1)) / NS_PER_MS;
    }

    public int unanswered() {
        var answered = new HashSet<Long>();
        done.stream().filter(d -> d.kind().equals("ping")).forEach(d -> answered.add(d.beganNs()));
        return (int)
                done.stream()
                        .filter(d -> d.kind().equals("sent") && !answered.contains(d.beganNs()))
                        .count();
    }

    /// When the slowest of a kind began.
    public long worstNs(String kind) {
        return done.stream()
                .filter(d -> d.kind().equals(kind))
                .max(java.util.Comparator.comparingLong(Done::tookNs))
                .map(Done::beganNs)
                .orElse(0L);
    }

    @Override
    public String toString() {
        return KINDS.stream()
                        .map(
                                k ->
                                        "%s %d: %.0f/%.0f/%.0f ms"
                                                .formatted(
                                                        k,
                                                        count(k),
                                                        percentileMs(k, 50),
                                                        percentileMs(k, 99),
                                                        percentileMs(k, 100)))
                        .collect(Collectors.joining(", "))
                + ", unanswered "
                + unanswered();
    }
}
