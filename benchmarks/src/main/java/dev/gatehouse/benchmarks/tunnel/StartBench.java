package dev.gatehouse.benchmarks.tunnel;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.demo.Host;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Starts each process beside a running system, on a machine of its own, until its start-up probe
/// says yes; then flows that start from nothing.
@Command(
        name = "start",
        description =
                "Time from the command to a started process, and to the first byte of a flow.",
        mixinStandardHelpOptions = true,
        footer = "--quick: one round")
public final class StartBench implements Callable<Integer> {
    private static final String PROBE =
            "until curl -sf -o /dev/null -m 1 http://127.0.0.1:%d/startupz; do sleep 0.01; done";
    private static final String STATUS_SOCKET =
            "until [ -S /run/gatehouse-client/status ]; do sleep 0.01; done";

    /// @param ms median; from the command line on, its script and name spaces included
    /// @param worstMs of all rounds
    record Row(
            String what,
            @JsonProperty("ms") double ms,
            @JsonProperty("worst_ms") double worstMs,
            @JsonProperty("rss_mib") double rssMib) {}

    @Option(names = "--rounds", description = "rounds (default: 3)", defaultValue = "3")
    private int rounds;

    @Option(names = "--flows", description = "cold flows (default: 10)", defaultValue = "10")
    private int flows;

    @Option(
            names = "--warm-up",
            description = "cold flows before the process counts as warm (default: 50)",
            defaultValue = "50")
    private int warmUp;

    @Mixin private CommonOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (!options.isInside()) {
            return CommonOptions.enclose(spec);
        }
        if (options.isQuick()) {
            rounds = 1;
        }
        var lab = new BenchLab();
        var rows = new ArrayList<Row>();
        try (var system = new GatehouseSystem(lab)) {
            for (var one : processes(lab)) {
                rows.add(measure(one));
                print(rows.getLast());
            }
            for (var row : coldFlows(lab, system)) {
                rows.add(row);
                print(row);
            }
        }
        options.writeResult(Map.of("rows", rows));
        return 0;
    }

    /// A process to start, and the script that ends when it is started.
    private record Subject(
            String word, Host host, Map<String, String> environment, String script) {}

    private static List<Subject> processes(BenchLab lab) {
        var host = lab.client;
        var file = host.libFolder().resolve("portal.yaml");
        BenchLab.write(file, GatehouseSystem.portalFile());
        var portal =
                Map.of(
                        "GATEHOUSE_PORTAL_CONFIG", "/var/lib/portal.yaml",
                        "GATEHOUSE_PORTAL_DATA_DIR", "/var/lib/portal");
        var relay = GatehouseSystem.peer("relay", "relay-2", "PUBLIC_IP4_ADDR", BenchLab.CLIENT);
        var client = GatehouseSystem.peer("client", "client-2");
        var dataplane = Map.of("GATEHOUSE_RPC_SOCKET", "/run/gatehouse/bench.sock");
        return List.of(
                new Subject("portal", host, portal, PROBE.formatted(8083)),
                new Subject("relay", host, relay, PROBE.formatted(8080)),
                new Subject("client", host, client, STATUS_SOCKET),
                new Subject("dataplane", lab.gateway, dataplane, PROBE.formatted(8081)),
                new Subject(
                        "gateway",
                        lab.gateway,
                        GatehouseSystem.peer("gateway", "gateway-3"),
                        PROBE.formatted(8081) + ";" + PROBE.formatted(8080)));
    }

    private Row measure(Subject subject) {
        var times = new ArrayList<Double>();
        double memory = 0;
        for (int round = 0; round < rounds; round++) {
            long beganNs = System.nanoTime();
            try (var program =
                    GatehouseSystem.start(
                            subject.host, List.of(subject.word), subject.environment)) {
                var waited = subject.host.attempt("sh", "-c", subject.script);
                times.add((System.nanoTime() - beganNs) / 1e6);
                if (!waited.isOk()) {
                    throw new IllegalStateException(subject.word + ": " + program.logText());
                }
                memory = Case.residentMib(program.pid());
            }
        }
        return row(subject.word, times, memory);
    }

    private static Row row(String what, List<Double> times, double memory) {
        var sorted = times.stream().sorted().toList();
        return new Row(what, sorted.get((sorted.size() - 1) / 2), sorted.getLast(), memory);
    }

    /// Each begins with no connection: the portal is asked, a path found, keys agreed. The first
    /// ones run code that is not compiled yet.
    private List<Row> coldFlows(BenchLab lab, GatehouseSystem system) {
        var times = new ArrayList<Double>();
        try (var server = system.startWebServer(lab.resource)) {
            for (int i = 0; i < warmUp + flows; i++) {
                system.disconnect();
                times.add(system.firstByteMs());
            }
            server.signal("TERM");
        }
        return List.of(
                row("cold flow, first " + flows, times.subList(0, flows), 0),
                row("cold flow, after " + warmUp, times.subList(warmUp, times.size()), 0));
    }

    private static void print(Row row) {
        System.out.printf(
                "%-22s %7.0f ms, worst %7.0f ms%s%n",
                row.what(),
                row.ms(),
                row.worstMs(),
                row.rssMib() == 0 ? "" : ", %.0f MiB".formatted(row.rssMib()));
    }
}
