package dev.gatehouse.benchmarks.relay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Loads any TURN server on this machine with channel data, both ways, and prints one row.
@Command(name = "turn-load")
public final class TurnLoad implements Callable<Integer> {
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration SETTLE = Duration.ofMillis(100);
    private static final int ROUND_TRIPS = 2_000;
    private static final double TICKS_PER_SECOND = 100; // USER_HZ of every Linux port
    private static final int USER_TICKS = 11; // fields of /proc/PID/stat behind the name
    private static final int SYSTEM_TICKS = 12;

    @Option(names = "--name", required = true)
    private String name;

    @Option(names = "--server", required = true, description = "address:port")
    private String server;

    @Option(names = "--local", required = true, description = "address of this host")
    private String local;

    @Option(names = "--pid", required = true, description = "process of the server")
    private long pid;

    @Option(names = "--user", description = "user:password; else --secret")
    private String user = "";

    @Option(names = "--secret", description = "stamp secret of a relay")
    private String secret = "";

    @Option(names = "--payload", required = true)
    private int payload;

    @Option(names = "--clients", defaultValue = "4")
    private int clients;

    @Option(names = "--seconds", defaultValue = "3")
    private int seconds;

    @Option(names = "--single", description = "one datagram a send")
    private boolean single;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new TurnLoad()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        var flows = new ArrayList<TurnFlow>();
        try {
            for (int i = 0; i < clients; i++) {
                flows.add(
                        new TurnFlow(
                                Endpoint.parse(server),
                                IpAddress.parse(local),
                                login(i),
                                payload,
                                !single));
            }
            run(flows, WARM_UP);
            drain(flows);
            long[] roundTrips = roundTrips(flows.getFirst());
            print(measure(flows, roundTrips));
        } finally {
            flows.forEach(TurnFlow::close);
        }
        return 0;
    }

    private TurnLogin login(int i) {
        if (user.isEmpty()) {
            return TurnLogin.stamped(secret, i);
        }
        int colon = user.indexOf(':');
        return TurnLogin.fixed(user.substring(0, colon), user.substring(colon + 1));
    }

    private RelayRow measure(List<TurnFlow> flows, long[] roundTrips) throws IOException {
        long sent = sum(flows, true);
        long received = sum(flows, false);
        double cpu = cpuSeconds();
        long startNs = System.nanoTime();
        run(flows, Duration.ofSeconds(seconds));
        double elapsed = (System.nanoTime() - startNs) / 1e9;
        drain(flows);
        double cpuUsed = cpuSeconds() - cpu;
        sent = sum(flows, true) - sent;
        received = sum(flows, false) - received;
        return new RelayRow(
                name,
                payload,
                received / elapsed,
                cpuUsed * 1e6 / Math.max(1, received),
                Math.max(0, 1 - received / (double) Math.max(1, sent)),
                percentileUs(roundTrips, 50),
                percentileUs(roundTrips, 99),
                residentMib());
    }

    private static void run(List<TurnFlow> flows, Duration time) throws IOException {
        long endNs = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < endNs) {
            for (var flow : flows) {
                flow.turn();
            }
        }
    }

    private static void drain(List<TurnFlow> flows) throws IOException {
        long endNs = System.nanoTime() + SETTLE.toNanos();
        while (System.nanoTime() < endNs) {
            for (var flow : flows) {
                flow.drain();
            }
        }
    }

    private static long[] roundTrips(TurnFlow flow) throws IOException {
        var times = new long[ROUND_TRIPS];
        int count = 0;
        for (int i = 0; i < ROUND_TRIPS; i++) {
            long time = flow.roundTripNs();
            if (time >= 0) {
                times[count++] = time;
            }
        }
        var sorted = Arrays.copyOf(times, count);
        Arrays.sort(sorted);
        return sorted;
    }

    private static double percentileUs(long[] sorted, int percent) {
        return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) * percent / 100] / 1e3;
    }

    private static long sum(List<TurnFlow> flows, boolean sent) {
        return flows.stream().mapToLong(sent ? TurnFlow::sent : TurnFlow::received).sum();
    }

    private double cpuSeconds() throws IOException {
        var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
        return ticks / TICKS_PER_SECOND;
    }

    private double residentMib() throws IOException {
        var status = Files.readString(Path.of("/proc/" + pid + "/status"));
        var line = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status);
        return line.find() ? Long.parseLong(line.group(1)) / 1024.0 : 0;
    }

    private static void print(RelayRow row) throws JsonProcessingException {
        System.out.println(new ObjectMapper().writeValueAsString(row));
    }
}
