package dev.gatehouse.benchmarks.tunnel;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// What one system did in one case; the JSON names are a contract with scripts.
///
/// @param gbps payload, 10^9 bits a second
/// @param rttP50Us microseconds; 0 where not measured, likewise [#rttP99Us]
/// @param cpuSecondsPerGib user and system time of one tunnel process per GiB of payload, mean of
///     both ends
/// @param retransmits TCP segments sent again
record Cell(
        String system,
        @JsonProperty("case") String name,
        double gbps,
        @JsonProperty("rtt_p50_us") double rttP50Us,
        @JsonProperty("rtt_p99_us") double rttP99Us,
        @JsonProperty("cpu_s_per_gib") double cpuSecondsPerGib,
        long retransmits) {
    /// These round-trip times with what flowed meanwhile.
    Cell withLoad(Cell load) {
        return new Cell(
                system,
                name,
                load.gbps,
                rttP50Us,
                rttP99Us,
                load.cpuSecondsPerGib,
                load.retransmits);
    }

    /// The medians of all rounds of one system and case.
    static Cell median(List<Cell> rounds) {
        var first = rounds.getFirst();
        return new Cell(
                first.system,
                first.name,
                median(rounds, Cell::gbps),
                median(rounds, Cell::rttP50Us),
                median(rounds, Cell::rttP99Us),
                median(rounds, Cell::cpuSecondsPerGib),
                (long) median(rounds, Cell::retransmits));
    }

    /// Half the distance between the fastest and the slowest round, as a share of the median.
    static double spread(List<Cell> rounds) {
        double least = rounds.stream().mapToDouble(Cell::gbps).min().orElse(0);
        double most = rounds.stream().mapToDouble(Cell::gbps).max().orElse(0);
        double median = median(rounds, Cell::gbps);
        return median == 0 ? 0 : (most - least) / 2 / median;
    }

    private static double median(List<Cell> rounds, ToDoubleFunction<Cell> value) {
        var sorted = rounds.stream().sorted(Comparator.comparingDouble(value)).toList();
        return value.applyAsDouble(sorted.get((sorted.size() - 1) / 2));
    }
}
