package dev.gatehouse.dataplane;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/// The nameservers of `/etc/resolv.conf`, of which the fastest is used; measured every 60 s
/// (tunnel.md 8.3). Belongs to one Vert.x context.
final class Nameservers {
    private static final long MEASURE_EVERY_MS = 60_000;
    private static final long PROBE_LIMIT_MS = 2_000;
    private static final String PROBE_NAME = "firezone.dev";
    private static final int SERVERS_MAX = 8;

    private final Vertx vertx;
    private final Path configuration;
    private final DnsUpstream upstream;
    private final Transport udp;
    private final Transport tcp;

    /// One transport's choice.
    private static final class Transport {
        private final BiFunction<String, Buffer, Future<DnsMessage>> ask;
        private Optional<String> fastest = Optional.empty();

        Transport(BiFunction<String, Buffer, Future<DnsMessage>> ask) {
            this.ask = ask;
        }
    }

    Nameservers(Vertx vertx, Path configuration, DnsUpstream upstream) {
        this.vertx = vertx;
        this.configuration = configuration;
        this.upstream = upstream;
        udp = new Transport((server, query) -> upstream.overUdp(server, query, PROBE_LIMIT_MS));
        tcp = new Transport((server, query) -> upstream.overTcp(server, query, PROBE_LIMIT_MS));
    }

    void start() {
        measure();
        vertx.setPeriodic(MEASURE_EVERY_MS, _ -> measure());
    }

    /// Empty: no server answered.
    Optional<String> forUdp() {
        return udp.fastest;
    }

    Optional<String> forTcp() {
        return tcp.fastest;
    }

    private void measure() {
        var servers = read();
        measure(udp, servers);
        measure(tcp, servers);
    }

    private void measure(Transport transport, List<String> servers) {
        var round = new Round(transport, servers.size());
        for (var server : servers) {
            transport
                    .ask
                    .apply(server, DnsMessage.queryForA(upstream.freshId(), PROBE_NAME))
                    .onSuccess(answer -> round.answered(server, answer.isSuccess()))
                    .onFailure(_ -> round.silent());
        }
        if (servers.isEmpty()) {
            transport.fastest = Optional.empty();
        }
    }

    /// One measurement of all servers. A server that knows the probe's name wins; where none does,
    /// as in a network without the internet's names, the first that answers at all.
    private static final class Round {
        private final Transport transport;
        private int pending;
        private boolean found;
        private Optional<String> second = Optional.empty();

        Round(Transport transport, int servers) {
            this.transport = transport;
            pending = servers;
        }

        void answered(String server, boolean knowsTheName) {
            if (knowsTheName && !found) {
                found = true; // the first answer is the fastest
                transport.fastest = Optional.of(server);
            } else if (second.isEmpty()) {
                second = Optional.of(server);
            }
            silent();
        }

        void silent() {
            pending--;
            if (pending == 0 && !found) {
                transport.fastest = second;
            }
        }
    }

    private List<String> read() {
        try (var lines = Files.lines(configuration)) {
            return lines.map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length >= 2 && words[0].equals("nameserver"))
                    .map(words -> words[1])
                    .filter(DnsUpstream::isServer)
                    .limit(SERVERS_MAX)
                    .toList();
        } catch (IOException _) {
            return List.of();
        }
    }
}
