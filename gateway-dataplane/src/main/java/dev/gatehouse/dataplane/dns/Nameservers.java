package dev.gatehouse.dataplane.dns;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/// The nameservers of `/etc/resolv.conf`, of which the fastest is used first; measured every 60 s
/// (tunnel.md 8.3). Belongs to one Vert.x context.
final class Nameservers {
    private static final long MEASURE_EVERY_MS = 60_000;
    private static final long PROBE_LIMIT_MS = 2_000;
    private static final String PROBE_NAME = "firezone.dev";

    private final Vertx vertx;
    private final Path configuration;
    private final DnsUpstream upstream;
    private final Transport udp;
    private final Transport tcp;

    /// One transport's choice.
    private static final class Transport {
        private final BiFunction<String, Buffer, Future<DnsMessage>> ask;
        private List<String> fastestFirst = List.of();

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
    List<String> forUdp() {
        return udp.fastestFirst;
    }

    List<String> forTcp() {
        return tcp.fastestFirst;
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
            transport.fastestFirst = List.of();
        }
    }

    /// One measurement of all servers. Those that know the probe's name come first; where none
    /// does, as in a network without the internet's names, those that answer at all.
    private static final class Round {
        private final Transport transport;
        private final List<String> knowing = new ArrayList<>(); // in order of their answers
        private final List<String> others = new ArrayList<>();
        private int pending;

        Round(Transport transport, int servers) {
            this.transport = transport;
            pending = servers;
        }

        void answered(String server, boolean knowsTheName) {
            (knowsTheName ? knowing : others).add(server);
            if (knowsTheName) {
                publish(); // whoever asks need not wait for the slow and the silent
            }
            silent();
        }

        void silent() {
            pending--;
            if (pending == 0) {
                publish();
            }
        }

        private void publish() {
            transport.fastestFirst = Stream.concat(knowing.stream(), others.stream()).toList();
        }
    }

    private List<String> read() {
        return ResolverConfiguration.read(configuration).servers().stream()
                .map(server -> server.getAddress().getHostAddress())
                .toList();
    }
}
