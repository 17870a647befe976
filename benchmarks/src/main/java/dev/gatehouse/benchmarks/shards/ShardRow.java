package dev.gatehouse.benchmarks.shards;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;
import java.util.List;

/// One measurement; the JSON names are a contract with scripts.
///
/// @param gbps payload of UDP inside the tunnels, 10^9 bits a second
/// @param cpuSecondsPerGib of the data plane's process, for each GiB of payload
/// @param loadCpuSecondsPerGib of resource and clients
/// @param shardBusy share of the time that each packet thread ran
/// @param machineBusy processors in use, of all that there are
/// @param loss share of the packets that never came
record ShardRow(
        int shards,
        double gbps,
        @JsonProperty("cpu_s_per_gib") double cpuSecondsPerGib,
        @JsonProperty("load_cpu_s_per_gib") double loadCpuSecondsPerGib,
        @JsonProperty("shard_busy") List<Double> shardBusy,
        @JsonProperty("machine_busy") double machineBusy,
        double loss) {
    /// The round with the median rate.
    static ShardRow median(List<ShardRow> rounds) {
        var sorted = rounds.stream().sorted(Comparator.comparingDouble(ShardRow::gbps)).toList();
        return sorted.get((sorted.size() - 1) / 2);
    }

    void print(String what) {
        System.out.printf(
                "%-8s %d shards %6.2f Gbit/s  %5.2f CPU s/GiB and %5.2f of the load,"
                        + " threads busy %s, processors busy %.2f, loss %.4f%n",
                what,
                shards,
                gbps,
                cpuSecondsPerGib,
                loadCpuSecondsPerGib,
                shardBusy.stream().map("%.2f"::formatted).toList(),
                machineBusy,
                loss);
    }
}
