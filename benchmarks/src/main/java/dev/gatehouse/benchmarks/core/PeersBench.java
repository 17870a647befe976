package dev.gatehouse.benchmarks.core;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.wireguard.crypto.Aeads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What a packet costs and what a peer needs, by the number of peers.
@Command(
        name = "peers",
        description = "Cost of a packet and memory of a peer on a gateway of 1 to 10,000 peers.",
        mixinStandardHelpOptions = true,
        footer = "--quick: a fifth of the packets")
public final class PeersBench implements Callable<Integer> {
    private static final long MEASURE_PACKETS = 1_500_000;
    private static final long QUICK_PACKETS = 300_000;

    /// @param upNs of each packet from a client: open, look up, check
    /// @param downNs of each packet to a client: look up, check, seal
    /// @param allocated heap bytes for each packet
    /// @param idlePercent of a core, for the timers of all peers when nobody sends
    /// @param bytes of heap and direct memory of each peer
    record Row(
            int peers,
            @JsonProperty("up_ns") double upNs,
            @JsonProperty("down_ns") double downNs,
            @JsonProperty("allocated_bytes_per_packet") double allocated,
            @JsonProperty("idle_cpu_percent") double idlePercent,
            @JsonProperty("bytes_per_peer") double bytes) {}

    @Option(names = "--counts", split = ",", description = "numbers of peers")
    private List<Integer> counts = List.of(1, 100, 1_000, 10_000);

    @Option(
            names = "--run",
            description = "packets of one peer in a row (default: 48, a full buffer)",
            defaultValue = "48")
    private int run;

    @Mixin private CommonOptions options;

    @Override
    public Integer call() throws IOException {
        long packets = options.isQuick() ? QUICK_PACKETS : MEASURE_PACKETS;
        var rows = new ArrayList<Row>();
        try (var aead = Aeads.choose(Optional.empty())) {
            aead.warmUp();
            aead.handleWarmedUp();
            System.out.printf(
                    "cipher %s, 1,280 bytes, %d packets of a peer in a row%n", aead.name(), run);
            measure(new GatewayInMemory(aead, 100, run), packets); // for the compiler
            for (int count : counts) {
                var row = row(new GatewayInMemory(aead, count, run), packets);
                rows.add(row);
                System.out.printf(
                        "%6d peers  up %5.0f ns, down %5.0f ns, allocated %4.1f bytes a packet;"
                                + " idle %.3f %% of a core; %6.0f bytes a peer%n",
                        count,
                        row.upNs(),
                        row.downNs(),
                        row.allocated(),
                        row.idlePercent(),
                        row.bytes());
            }
        }
        report(rows);
        return 0;
    }

    private static double[] measure(GatewayInMemory gateway, long packets) {
        gateway.connect();
        gateway.upNs(packets / 5);
        double up = gateway.upNs(packets);
        gateway.downNs(packets / 5);
        return new double[] {up, gateway.downNs(packets)};
    }

    private static Row row(GatewayInMemory gateway, long packets) {
        double[] ns = measure(gateway, packets);
        return new Row(
                gateway.peers(),
                ns[0],
                ns[1],
                gateway.allocatedPerPacket(),
                gateway.idleShare() * 100,
                gateway.bytesPerPeer());
    }

    private void report(List<Row> rows) throws IOException {
        var first = rows.getFirst();
        var last = rows.getLast();
        var ratio = new LinkedHashMap<String, Double>();
        ratio.put("up_most_vs_fewest_peers", last.upNs() / first.upNs());
        ratio.put("down_most_vs_fewest_peers", last.downNs() / first.downNs());
        ratio.forEach((name, value) -> System.out.printf("%-28s %.2f%n", name, value));
        var document = new LinkedHashMap<String, Object>();
        document.put("rows", rows);
        document.put("ratio", ratio);
        options.writeResult(document);
    }
}
