package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs every system in turn, alternating, several rounds, and compares medians.
@Command(
        name = "tunnel",
        description =
                "Our client and gateway against wireguard-go (Debian's, and the one at"
                        + " $WIREGUARD_GO), openvpn and no tunnel.",
        mixinStandardHelpOptions = true,
        footer = "--quick: TCP with one stream only, 3 rounds of 4 s a system: 2 s each way")
public final class TunnelBench implements Callable<Integer> {
    private static final int QUICK_SECONDS = 2; // each way, so that all ends within two minutes

    @Mixin private CommonOptions options;

    @Option(names = "--rounds", description = "rounds (default: 3)", defaultValue = "3")
    private int rounds;

    @Option(
            names = "--seconds",
            description = "seconds a measurement (default: 4)",
            defaultValue = "4")
    private int seconds;

    @Option(
            names = "--only",
            split = ",",
            description = "systems to run: gatehouse, relayed, wireguard-go, newest, openvpn, none")
    private List<String> only = List.of();

    @Option(names = "--case", split = ",", description = "cases to run, by label")
    private List<String> cases = List.of();

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (!options.isInside()) {
            return CommonOptions.enclose(spec);
        }
        var lab = new BenchLab();
        var server =
                lab.resource.start("iperf3", Map.of(), List.of("iperf3", "-s", "--forceflush"));
        Wait.until(
                "iperf3 listens",
                Duration.ofSeconds(5),
                () -> server.logText().contains("listening"));
        var sink = startSink(lab);
        var cells = new LinkedHashMap<String, List<Cell>>();
        try (server;
                sink;
                var systems = new Systems(lab, Set.copyOf(only))) {
            systems.warmUp();
            for (int round = 1; round <= rounds; round++) {
                for (var name : systems.names()) {
                    runSystem(round, systems, name, cells);
                }
            }
        }
        report(cells);
        return 0;
    }

    private static Program startSink(BenchLab lab) {
        var command = new ArrayList<>(Enclosure.java(UdpLoad.class.getName()));
        command.add("sink");
        var sink = lab.resource.start("sink", Map.of(), command);
        Wait.until(
                "the UDP sink listens",
                Duration.ofSeconds(10),
                () -> sink.logText().contains("listening"));
        return sink;
    }

    private void runSystem(int round, Systems systems, String name, Map<String, List<Cell>> cells) {
        try (var tunnel = systems.open(name)) {
            for (var one : wantedCases()) {
                var measured = one.measure(tunnel, options.isQuick() ? QUICK_SECONDS : seconds);
                if (measured.isEmpty()) {
                    continue;
                }
                var cell = measured.get();
                cells.computeIfAbsent(name + " " + one.label(), _ -> new ArrayList<>()).add(cell);
                System.out.printf(
                        "round %d  %-14s %-18s %6.2f Gbit/s %6.2f CPU s/GiB %6d again %.0f us%n",
                        round,
                        name,
                        one.label(),
                        cell.gbps(),
                        cell.cpuSecondsPerGib(),
                        cell.retransmits(),
                        cell.rttP50Us());
            }
        }
    }

    private Set<Case> wantedCases() {
        if (!cases.isEmpty()) {
            var wanted = EnumSet.allOf(Case.class);
            wanted.removeIf(one -> !cases.contains(one.label()));
            return wanted;
        }
        return options.isQuick()
                ? EnumSet.of(Case.TCP1_UP, Case.TCP1_DOWN)
                : EnumSet.allOf(Case.class);
    }

    private void report(Map<String, List<Cell>> cells) throws IOException {
        var medians = new LinkedHashMap<String, Cell>();
        System.out.printf(
                "%n%-14s %-18s %8s %8s %8s %8s %10s%n",
                "system", "case", "Gbit/s", "+-", "p50 us", "p99 us", "CPU s/GiB");
        cells.forEach(
                (key, all) -> {
                    var cell = Cell.median(all);
                    medians.put(key, cell);
                    System.out.printf(
                            "%-14s %-18s %8.2f %7.0f%% %8.0f %8.0f %10.2f%n",
                            cell.system(),
                            cell.name(),
                            cell.gbps(),
                            Cell.spread(all) * 100,
                            cell.rttP50Us(),
                            cell.rttP99Us(),
                            cell.cpuSecondsPerGib());
                });
        var ratios = new LinkedHashMap<String, Double>();
        ratio(ratios, "tcp1_vs_wireguard_go", medians, "gatehouse tcp1_up", "wireguard-go tcp1_up");
        ratio(
                ratios,
                "tcp1_down_vs_wireguard_go",
                medians,
                "gatehouse tcp1_down",
                "wireguard-go tcp1_down");
        ratio(ratios, "tcp1_vs_newest", medians, "gatehouse tcp1_up", "newest tcp1_up");
        ratio(ratios, "tcp1_vs_openvpn", medians, "gatehouse tcp1_up", "openvpn tcp1_up");
        ratio(ratios, "relayed_vs_direct", medians, "relayed tcp1_up", "gatehouse tcp1_up");
        ratio(ratios, "tcp8_vs_tcp1", medians, "gatehouse tcp8_up", "gatehouse tcp1_up");
        ratio(
                ratios,
                "udp_vs_wireguard_go",
                medians,
                "gatehouse udp_1200",
                "wireguard-go udp_1200");
        ratio(ratios, "ipv6_vs_ipv4", medians, "gatehouse tcp1_up_ipv6", "gatehouse tcp1_up");
        ratio(ratios, "dns_vs_cidr", medians, "gatehouse tcp1_up_dns", "gatehouse tcp1_up");
        ratios.forEach((name, value) -> System.out.printf("%-28s %.2f%n", name, value));
        var document = new LinkedHashMap<String, Object>();
        document.put("cells", List.copyOf(medians.values()));
        document.put("ratio", ratios);
        options.writeResult(document);
    }

    private static void ratio(
            Map<String, Double> ratios,
            String name,
            Map<String, Cell> medians,
            String a,
            String b) {
        if (medians.containsKey(a) && medians.containsKey(b) && medians.get(b).gbps() > 0) {
            ratios.put(name, medians.get(a).gbps() / medians.get(b).gbps());
        }
    }
}
