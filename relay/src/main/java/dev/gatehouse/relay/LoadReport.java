package dev.gatehouse.relay;

import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import java.util.Optional;

/// Says how many use a relay: when that has changed, and at most each minute. Metrics say it each
/// second.
final class LoadReport {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final long PAUSE_NS = 60 * NS_PER_SECOND;

    private int allocations;
    private int channels;
    private long bytes;
    private long bytesAtNs;
    private long saidAtNs = -PAUSE_NS;

    /// The line that is due, if any; it then counts as said.
    Optional<String> of(RelayStatistics statistics, long nowNs) {
        boolean changed =
                statistics.allocations() != allocations || statistics.channels() != channels;
        if (!changed || nowNs < saidAtNs + PAUSE_NS) {
            return Optional.empty();
        }
        saidAtNs = nowNs;
        allocations = statistics.allocations();
        channels = statistics.channels();
        return Optional.of(
                "the relay serves %s with %s, %s since the last report"
                        .formatted(
                                count(allocations, "allocation"),
                                count(channels, "channel"),
                                throughput(statistics, nowNs)));
    }

    private static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private String throughput(RelayStatistics statistics, long nowNs) {
        long relayed = statistics.get(RelayCounter.RELAYED_BYTES) - bytes;
        double seconds = Math.max(1, (nowNs - bytesAtNs) / (double) NS_PER_SECOND);
        bytes += relayed;
        bytesAtNs = nowNs;
        return Throughput.format(Math.round(relayed / seconds));
    }
}
