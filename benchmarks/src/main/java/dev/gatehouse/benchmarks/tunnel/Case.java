package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/// What is measured through a tunnel.
enum Case {
    TCP1_UP("tcp1_up") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(tcp(this, tunnel, 1, false, seconds));
        }
    },
    TCP1_DOWN("tcp1_down") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(tcp(this, tunnel, 1, true, seconds));
        }
    },
    TCP8_UP("tcp8_up") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(tcp(this, tunnel, 8, false, seconds));
        }
    },
    TCP8_DOWN("tcp8_down") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(tcp(this, tunnel, 8, true, seconds));
        }
    },
    IPV6("tcp1_up_ipv6") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return tunnel.targetV6().map(to -> tcp(this, tunnel, to, 1, false, seconds));
        }
    },
    DNS("tcp1_up_dns") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return tunnel.targetByName().map(to -> tcp(this, tunnel, to, 1, false, seconds));
        }
    },
    UDP_1200("udp_1200") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(udp(this, tunnel));
        }
    },
    PING_IDLE("ping_idle") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            return Optional.of(ping(this, tunnel, seconds));
        }
    },
    PING_LOADED("ping_loaded") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            var load = CompletableFuture.supplyAsync(() -> tcp(this, tunnel, 1, false, seconds));
            var times = ping(this, tunnel, seconds);
            return Optional.of(times.withLoad(load.join()));
        }
    },
    RTT20("tcp1_up_rtt20ms") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            try {
                return BenchLab.delay(tunnel.ends(), 10)
                        ? Optional.of(tcp(this, tunnel, 1, false, seconds))
                        : Optional.empty(); // this kernel has no netem
            } finally {
                BenchLab.delay(tunnel.ends(), 0);
            }
        }
    },
    LOSS1("tcp1_up_loss1pct") {
        @Override
        Optional<Cell> measure(Tunnel tunnel, int seconds) {
            BenchLab.lose(tunnel.ends(), 1);
            try {
                return Optional.of(tcp(this, tunnel, 1, false, seconds));
            } finally {
                BenchLab.lose(tunnel.ends(), 0);
            }
        }
    };

    private static final double LOST_SHARE_MAX = 0.001;
    private static final int UDP_PAYLOAD = 1200;
    private static final long UDP_MBPS_MAX = 4_800;
    private static final long UDP_MBPS_STEP = 20;
    private static final long CLOCK_TICKS_PER_SECOND = 100;
    private static final Pattern PING_TIME = Pattern.compile("time=([0-9.]+) ms");

    private final String label;

    Case(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    abstract Optional<Cell> measure(Tunnel tunnel, int seconds);

    private static Cell tcp(Case self, Tunnel tunnel, int streams, boolean down, int seconds) {
        return tcp(self, tunnel, tunnel.target(), streams, down, seconds);
    }

    private static Cell tcp(
            Case self, Tunnel tunnel, String target, int streams, boolean down, int seconds) {
        long before = ticks(tunnel);
        var result = Iperf.tcp(tunnel.client(), target, streams, down, seconds);
        double perGib =
                cpuSecondsPerGib(
                        tunnel,
                        ticks(tunnel) - before,
                        result.gbps(),
                        seconds + Iperf.omitted(seconds));
        return new Cell(
                tunnel.name(), self.label, result.gbps(), 0, 0, perGib, result.retransmits());
    }

    private static Cell ping(Case self, Tunnel tunnel, int seconds) {
        var times = pings(tunnel.client(), tunnel.target(), seconds * 100);
        return new Cell(
                tunnel.name(),
                self.label,
                0,
                times.get(times.size() / 2),
                times.get(times.size() * 99 / 100),
                0,
                0);
    }

    /// Sorted round-trip times in microseconds.
    private static List<Double> pings(Host client, String target, int count) {
        var text =
                BenchLab.attempt(
                                client,
                                List.of(
                                        "ping",
                                        "-n",
                                        "-i",
                                        "0.01",
                                        "-c",
                                        Integer.toString(count),
                                        target))
                        .out();
        var times =
                PING_TIME
                        .matcher(text)
                        .results()
                        .map(m -> Double.parseDouble(m.group(1)) * 1e3)
                        .sorted()
                        .toList();
        if (times.isEmpty()) {
            throw new IllegalStateException("no answer to ping: " + text);
        }
        return times;
    }

    /// The highest rate with at most 0.1 % loss, by halving.
    private static Cell udp(Case self, Tunnel tunnel) {
        long low = 0;
        long high = UDP_MBPS_MAX;
        var best = new UdpProbe(0, 1, 0);
        while (high - low > Math.max(UDP_MBPS_STEP, low / 20)) {
            long rate = (low + high) / 2;
            var probe = UdpProbe.send(tunnel, UDP_PAYLOAD, rate);
            if (!probe.isGood(rate)) {
                probe = UdpProbe.send(tunnel, UDP_PAYLOAD, rate); // was it the machine?
            }
            if (probe.isGood(rate)) {
                best = probe;
                low = rate;
            } else {
                high = rate;
            }
        }
        double perGib = cpuSecondsPerGib(tunnel, best.ticks(), best.gbps(), UdpProbe.SECONDS);
        return new Cell(tunnel.name(), self.label, best.gbps(), 0, 0, perGib, 0);
    }

    /// A rate of datagrams, tried.
    ///
    /// @param gbps payload that arrived, 10^9 bits a second
    /// @param lostShare 0 to 1
    /// @param ticks of the clock that the tunnel's processes used
    private record UdpProbe(double gbps, double lostShare, long ticks) {
        private static final int SECONDS = 1;

        static UdpProbe send(Tunnel tunnel, int payloadBytes, long mbps) {
            long before = Case.ticks(tunnel);
            var command = new ArrayList<>(Enclosure.java(UdpLoad.class.getName()));
            command.addAll(List.of("send", tunnel.target(), Integer.toString(payloadBytes)));
            command.addAll(List.of(Long.toString(mbps), Integer.toString(SECONDS)));
            var result = BenchLab.attempt(tunnel.client(), command);
            if (!result.isOk()) {
                throw new IllegalStateException("UDP load: " + result.err().strip());
            }
            var numbers = result.out().strip().split(" ");
            return new UdpProbe(
                    Double.parseDouble(numbers[0]),
                    Double.parseDouble(numbers[1]),
                    Case.ticks(tunnel) - before);
        }

        boolean isGood(long mbps) {
            return lostShare <= LOST_SHARE_MAX && gbps * 1000 > mbps * 0.9;
        }
    }

    private static double cpuSecondsPerGib(Tunnel tunnel, long ticks, double gbps, int seconds) {
        int processes = tunnel.processIds().size();
        double gib = gbps * 1e9 / 8 * seconds / (1L << 30);
        return processes == 0 || gib == 0
                ? 0
                : (double) ticks / CLOCK_TICKS_PER_SECOND / processes / gib;
    }

    /// Resident memory of a process.
    static double residentMib(long pid) {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
                }
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// User and system time of all tunnel processes so far, in clock ticks.
    private static long ticks(Tunnel tunnel) {
        return tunnel.processIds().stream().mapToLong(Case::ticks).sum();
    }

    private static long ticks(long pid) {
        try {
            var text = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (NoSuchFileException e) {
            throw new IllegalStateException("process " + pid + " ended during the benchmark", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
