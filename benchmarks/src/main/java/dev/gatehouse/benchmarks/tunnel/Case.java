package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Host;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// What is measured through a tunnel.
enum Case {
    TCP1_UP("tcp1_up") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return tcp(this, lab, tunnel, 1, false, seconds);
        }
    },
    TCP1_DOWN("tcp1_down") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return tcp(this, lab, tunnel, 1, true, seconds);
        }
    },
    TCP8_UP("tcp8_up") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return tcp(this, lab, tunnel, 8, false, seconds);
        }
    },
    TCP8_DOWN("tcp8_down") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return tcp(this, lab, tunnel, 8, true, seconds);
        }
    },
    PING_IDLE("ping_idle") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return ping(this, lab, tunnel, seconds);
        }
    },
    RTT20("tcp1_up_rtt20ms") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return impaired(this, lab, tunnel, seconds, "delay", "10ms");
        }
    },
    LOSS1("tcp1_up_loss1pct") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return impaired(this, lab, tunnel, seconds, "loss", "1%");
        }
    },
    UDP_1200("udp_1200") {
        @Override
        Cell measure(BenchLab lab, Tunnel tunnel, int seconds) {
            return udp(this, lab, tunnel, seconds);
        }
    };

    private static final double LOST_SHARE_MAX = 0.001;
    private static final long UDP_MBPS_MAX = 8_000;
    private static final long UDP_MBPS_STEP = 100;
    private static final long CLOCK_TICKS_PER_SECOND = 100;
    private static final Pattern PING_TIME = Pattern.compile("time=([0-9.]+) ms");

    private final String label;

    Case(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    abstract Cell measure(BenchLab lab, Tunnel tunnel, int seconds);

    private static Cell tcp(
            Case self, BenchLab lab, Tunnel tunnel, int streams, boolean down, int seconds) {
        long before = ticks(tunnel);
        var result = Iperf.tcp(lab.client, tunnel.target(), streams, down, seconds);
        double perGib =
                cpuSecondsPerGib(tunnel, ticks(tunnel) - before, result.gbps(), seconds + 1);
        return new Cell(
                tunnel.name(), self.label, result.gbps(), 0, 0, perGib, result.retransmits());
    }

    private static Cell impaired(
            Case self, BenchLab lab, Tunnel tunnel, int seconds, String... netem) {
        lab.impair(netem);
        try {
            return tcp(self, lab, tunnel, 1, false, seconds);
        } finally {
            lab.impair();
        }
    }

    private static Cell ping(Case self, BenchLab lab, Tunnel tunnel, int seconds) {
        var times = pings(lab.client, tunnel.target(), seconds * 100);
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
                client.attempt("ping", "-n", "-i", "0.01", "-c", Integer.toString(count), target)
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
    private static Cell udp(Case self, BenchLab lab, Tunnel tunnel, int seconds) {
        long low = 0;
        long high = UDP_MBPS_MAX;
        var best = new Iperf.Result(0, 0, 0);
        double perGib = 0;
        while (high - low > UDP_MBPS_STEP) {
            long rate = (low + high) / 2;
            long before = ticks(tunnel);
            var result = Iperf.udp(lab.client, tunnel.target(), 1200, rate, seconds);
            if (result.lostShare() <= LOST_SHARE_MAX && result.gbps() * 1000 > rate * 0.95) {
                best = result;
                perGib =
                        cpuSecondsPerGib(
                                tunnel, ticks(tunnel) - before, result.gbps(), seconds + 1);
                low = rate;
            } else {
                high = rate;
            }
        }
        return new Cell(tunnel.name(), self.label, best.gbps(), 0, 0, perGib, 0);
    }

    private static double cpuSecondsPerGib(Tunnel tunnel, long ticks, double gbps, int seconds) {
        int processes = tunnel.processIds().size();
        double gib = gbps * 1e9 / 8 * seconds / (1L << 30);
        return processes == 0 || gib == 0
                ? 0
                : (double) ticks / CLOCK_TICKS_PER_SECOND / processes / gib;
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
