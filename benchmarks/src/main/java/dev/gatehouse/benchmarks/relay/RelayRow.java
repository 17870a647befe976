package dev.gatehouse.benchmarks.relay;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// What one server did with one size of payload; the JSON names are a contract with scripts.
///
/// @param pps datagrams relayed a second, both ways together
/// @param cpuUsPerPacket user and system time of the server process
/// @param loss share of the datagrams offered, 0 to 1
/// @param rttP50Us client to peer and back, through the server twice, while nothing else runs
record RelayRow(
        String server,
        @JsonProperty("payload_bytes") int payloadBytes,
        double pps,
        @JsonProperty("cpu_us_per_packet") double cpuUsPerPacket,
        double loss,
        @JsonProperty("rtt_p50_us") double rttP50Us,
        @JsonProperty("rtt_p99_us") double rttP99Us,
        @JsonProperty("rss_mib") double rssMib) {
    /// The medians of all rounds of one server and size.
    static RelayRow median(List<RelayRow> rounds) {
        var first = rounds.getFirst();
        return new RelayRow(
                first.server,
                first.payloadBytes,
                median(rounds, RelayRow::pps),
                median(rounds, RelayRow::cpuUsPerPacket),
                median(rounds, RelayRow::loss),
                median(rounds, RelayRow::rttP50Us),
                median(rounds, RelayRow::rttP99Us),
                median(rounds, RelayRow::rssMib));
    }

    private static double median(List<RelayRow> rounds, ToDoubleFunction<RelayRow> value) {
        var sorted = rounds.stream().sorted(Comparator.comparingDouble(value)).toList();
        return value.applyAsDouble(sorted.get((sorted.size() - 1) / 2));
    }
}
