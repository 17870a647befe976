package dev.gatehouse.benchmarks.relay;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs both servers in turn, alternating, several rounds, and compares medians.
@Command(
        name = "relay",
        description = "Our relay against coturn: datagrams relayed per second of CPU.",
        mixinStandardHelpOptions = true,
        footer = "--quick: only senders with segmentation offload")
public final class RelayBench implements Callable<Integer> {
    private static final String RELAY = "10.99.0.3";
    private static final String LOAD = "10.99.0.10";
    private static final String SECRET = "benchmark";
    private static final String SINGLE = "-single"; // added to the name of the server
    private static final List<Integer> PAYLOADS = List.of(1280, 120);
    private static final Duration START_LIMIT = Duration.ofSeconds(15);

    @Mixin private CommonOptions options;

    @Option(names = "--rounds", description = "rounds (default: 3)", defaultValue = "3")
    private int rounds;

    @Option(names = "--seconds", description = "seconds a measurement", defaultValue = "3")
    private int seconds;

    @Option(names = "--clients", description = "clients at once (default: 4)", defaultValue = "4")
    private int clients;

    @Option(
            names = "--single",
            description = "only senders without segmentation offload: one datagram a send")
    private boolean onlySingle;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    private Host relay;
    private Host load;
    private boolean single; // of the row under way
    private int started; // each server has a log of its own

    @Override
    public Integer call() throws IOException {
        if (!options.isInside()) {
            return CommonOptions.enclose(spec);
        }
        Lab.bridge("internet");
        relay = Lab.internetHost(Enclosure.folder(), "relay-1", 3);
        load = Lab.internetHost(Enclosure.folder(), "load", 10);
        var rows = new LinkedHashMap<String, List<RelayRow>>();
        for (int round = 1; round <= rounds; round++) {
            for (boolean one : modes()) {
                single = one;
                for (int payload : PAYLOADS) {
                    add(rows, measureGatehouse(payload));
                    add(rows, measureCoturn(payload));
                }
            }
        }
        report(rows);
        return 0;
    }

    /// Whether senders send datagram by datagram.
    private List<Boolean> modes() {
        if (onlySingle) {
            return List.of(true);
        }
        return options.isQuick() ? List.of(false) : List.of(false, true);
    }

    private static void add(Map<String, List<RelayRow>> rows, RelayRow row) {
        rows.computeIfAbsent(row.server() + row.payloadBytes(), _ -> new ArrayList<>()).add(row);
        print(row);
    }

    private static void print(RelayRow row) {
        System.out.printf(
                "%-16s %5d bytes %9.0f pps %6.2f us CPU each, loss %.4f, rtt %4.0f / %4.0f us,"
                        + " %4.0f MiB%n",
                row.server(),
                row.payloadBytes(),
                row.pps(),
                row.cpuUsPerPacket(),
                row.loss(),
                row.rttP50Us(),
                row.rttP99Us(),
                row.rssMib());
    }

    private RelayRow measureGatehouse(int payload) throws IOException {
        var command = new ArrayList<>(Enclosure.java(GatehouseRelay.class.getName()));
        command.add("--health-check-addr=127.0.0.1:8080");
        command.add("--allow-peer=10.99.0.0/24");
        var environment = Map.of("PUBLIC_IP4_ADDR", RELAY, "STAMP_SECRET", SECRET);
        try (var server = relay.start("gatehouse-" + ++started, environment, command)) {
            Wait.until(
                    "the relay serves",
                    START_LIMIT,
                    () -> server.logText().contains("relay serves UDP"));
            return measure("gatehouse", server, payload, "--secret=" + SECRET);
        }
    }

    private RelayRow measureCoturn(int payload) throws IOException {
        var command =
                List.of(
                        "turnserver",
                        "-n",
                        "--listening-ip=" + RELAY,
                        "--relay-ip=" + RELAY,
                        "--lt-cred-mech",
                        "--realm=bench",
                        "--user=bench:" + SECRET,
                        "--no-tls",
                        "--no-dtls",
                        "--no-cli",
                        "--log-file=stdout",
                        "--pidfile=/tmp/turnserver.pid");
        try (var server = relay.start("coturn-" + ++started, Map.of(), command)) {
            Wait.until(
                    "coturn serves",
                    START_LIMIT,
                    () -> relay.attempt("ss", "-Hlun", "sport = :3478").out().contains("3478"));
            return measure("coturn", server, payload, "--user=bench:" + SECRET);
        }
    }

    private RelayRow measure(String name, Program server, int payload, String login)
            throws IOException {
        var command = new ArrayList<>(Enclosure.java(TurnLoad.class.getName()));
        command.addAll(
                List.of(
                        "--name=" + name + (single ? SINGLE : ""),
                        "--server=" + RELAY + ":3478",
                        "--local=" + LOAD,
                        "--pid=" + server.pid(),
                        "--payload=" + payload,
                        "--clients=" + clients,
                        "--seconds=" + seconds,
                        login));
        if (single) {
            command.add("--single");
        }
        var result = load.attempt(command.toArray(String[]::new));
        if (!result.isOk()) {
            throw new IOException(name + ": " + result.err() + server.logText());
        }
        String row = result.out().lines().filter(l -> l.startsWith("{")).findFirst().orElseThrow();
        return new ObjectMapper().readValue(row, RelayRow.class);
    }

    private void report(Map<String, List<RelayRow>> rows) throws IOException {
        var medians = new ArrayList<RelayRow>();
        System.out.println("medians:");
        for (var rounds : rows.values()) {
            var row = RelayRow.median(rounds);
            medians.add(row);
            print(row);
        }
        var ratios = new LinkedHashMap<String, Double>();
        for (boolean one : modes()) {
            for (int payload : PAYLOADS) {
                var mode = one ? SINGLE : "";
                var ours = RelayRow.median(rows.get("gatehouse" + mode + payload));
                var theirs = RelayRow.median(rows.get("coturn" + mode + payload));
                ratios.put(
                        "pps_per_cpu_" + payload + mode.replace('-', '_'),
                        theirs.cpuUsPerPacket() / ours.cpuUsPerPacket());
            }
        }
        ratios.forEach((name, value) -> System.out.printf("%-20s %.2f%n", name, value));
        var document = new LinkedHashMap<String, Object>();
        document.put("rows", medians);
        document.put("ratio", ratios);
        options.writeResult(document);
    }
}
