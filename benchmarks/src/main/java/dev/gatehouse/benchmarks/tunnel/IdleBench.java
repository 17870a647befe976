package dev.gatehouse.benchmarks.tunnel;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Looks at a real data plane whose clients are connected and have nothing to say.
@Command(
        name = "idle",
        description = "CPU and memory of a data plane with clients that send only keepalives.",
        mixinStandardHelpOptions = true,
        footer = "--quick: 100 clients, 15 s")
public final class IdleBench implements Callable<Integer> {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final String SOCKET = "/run/gatehouse/bench.sock";
    private static final Pattern DATAGRAMS =
            Pattern.compile(
                    "gatehouse_udp_total\\{[^}]*what=\"(?:sent|received)_datagrams\"} (\\S+)");

    /// @param cpuPercent of one core, all threads
    /// @param datagrams a second, both ways together: what keeps the clients connected
    record Row(
            int peers,
            @JsonProperty("cpu_percent") double cpuPercent,
            @JsonProperty("rss_mib") double rssMib,
            @JsonProperty("datagrams_per_s") double datagrams) {}

    @Option(names = "--counts", split = ",", description = "numbers of clients (default: 1, 100)")
    private List<Integer> counts = List.of(1, 100);

    @Option(names = "--seconds", description = "to watch (default: 30)", defaultValue = "30")
    private int seconds;

    @Option(names = "--settle", description = "seconds before (default: 30)", defaultValue = "30")
    private int settle;

    @Mixin private CommonOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (!options.isInside()) {
            return CommonOptions.enclose(spec);
        }
        if (options.isQuick()) {
            counts = List.of(100);
            seconds = 15;
        }
        var lab = new BenchLab();
        var rows = new ArrayList<Row>();
        for (int count : counts) {
            var row = measure(lab, count);
            rows.add(row);
            System.out.printf(
                    "%4d clients: %.2f %% of a core, %.0f MiB, %.0f datagrams a second%n",
                    count, row.cpuPercent(), row.rssMib(), row.datagrams());
        }
        options.writeResult(Map.of("rows", rows));
        return 0;
    }

    private Row measure(BenchLab lab, int count) {
        var host = lab.gatehouseGateway;
        try (var dataplane =
                        GatehouseSystem.start(
                                host,
                                List.of("dataplane"),
                                Map.of("GATEHOUSE_RPC_SOCKET", SOCKET));
                var _ = startPeers(lab, dataplane, count)) {
            LockSupport.parkNanos(Duration.ofSeconds(settle).toNanos());
            double datagrams = datagrams(lab);
            long cpuNs = cpuNs(dataplane.pid());
            long beganNs = System.nanoTime();
            LockSupport.parkNanos(Duration.ofSeconds(seconds).toNanos());
            double elapsedNs = System.nanoTime() - beganNs;
            double cpu = (cpuNs(dataplane.pid()) - cpuNs) / elapsedNs * 100;
            double rss = Case.residentMib(dataplane.pid());
            return new Row(count, cpu, rss, (datagrams(lab) - datagrams) / (elapsedNs / 1e9));
        }
    }

    private static Program startPeers(BenchLab lab, Program dataplane, int count) {
        var socket = lab.gatehouseGateway.runFolder().resolve("gatehouse").resolve("bench.sock");
        Wait.until("the data plane listens", START_LIMIT, () -> Files.exists(socket));
        var command = new ArrayList<>(Enclosure.java(IdlePeers.class.getName()));
        command.add(socket.toString());
        command.addAll(List.of(BenchLab.GATEHOUSE_GATEWAY, BenchLab.DIRECT_CLIENT));
        command.add(Integer.toString(count));
        var peers = lab.directClient.start("peers-" + count, Map.of(), command);
        try {
            Wait.until(
                    "all clients are connected",
                    START_LIMIT,
                    () -> peers.isAlive() && peers.logText().contains("all connected"));
        } catch (IllegalStateException e) {
            throw new IllegalStateException(peers.logText() + dataplane.logText(), e);
        }
        return peers;
    }

    private static double datagrams(BenchLab lab) {
        var command = List.of("curl", "-sf", "http://127.0.0.1:8081/metrics");
        return DATAGRAMS
                .matcher(BenchLab.attempt(lab.gatehouseGateway, command).out())
                .results()
                .mapToDouble(m -> Double.parseDouble(m.group(1)))
                .sum();
    }

    /// Time on a processor of all threads so far.
    private static long cpuNs(long pid) {
        long sum = 0;
        try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (var task : tasks) {
                sum += taskNs(task);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sum;
    }

    private static long taskNs(Path task) throws IOException {
        try {
            return Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]);
        } catch (NoSuchFileException _) {
            return 0; // the thread has ended
        }
    }
}
