package dev.gatehouse.turn;

import java.util.Arrays;
import java.util.List;

/// Which relays are fast enough to be chosen, tunnel.md section 11.2 #14.
public final class RelaySelection {
    private static final long DEVIATION_FLOOR_NS = 2_000_000L;

    private RelaySelection() {}

    /// Two relays: not slower than 1.5 times the faster. More: not beyond the median plus three
    /// median absolute deviations. Relays that never answered are not eligible, unless none did.
    public static List<Allocation> eligible(List<Allocation> relays) {
        var answering = relays.stream().filter(r -> r.roundTrip().isKnown()).toList();
        if (answering.isEmpty()) {
            return relays;
        }
        long[] times = answering.stream().mapToLong(r -> r.roundTrip().smoothedNs()).toArray();
        long limitNs = limitNs(times);
        return answering.stream().filter(r -> r.roundTrip().smoothedNs() <= limitNs).toList();
    }

    /// @param times at least one
    static long limitNs(long[] times) {
        if (times.length <= 2) {
            long best = Arrays.stream(times).min().orElseThrow();
            return best + best / 2;
        }
        long median = median(times);
        long deviation = median(Arrays.stream(times).map(t -> Math.abs(t - median)).toArray());
        return median + 3 * Math.max(deviation, DEVIATION_FLOOR_NS);
    }

    private static long median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
