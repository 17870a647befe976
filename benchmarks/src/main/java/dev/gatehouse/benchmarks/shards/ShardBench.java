package dev.gatehouse.benchmarks.shards;

import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import dev.gatehouse.rpc.DataplaneGrpcClient;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.ResumeRequest;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Two data planes, one with one shard and one with more, carry the same load in turn: UDP
/// super-packets of a resource to clients that only count what comes.
@Command(
        name = "shards",
        description = "What a gateway carries with one shard and with more.",
        mixinStandardHelpOptions = true,
        footer = "--quick: 3 rounds of 2 s")
public final class ShardBench implements Callable<Integer> {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final double GIB = 1 << 30;

    @Mixin private CommonOptions options;

    @Option(names = "--rounds", description = "rounds (default: 5)", defaultValue = "5")
    private int rounds;

    @Option(names = "--seconds", description = "seconds a measurement", defaultValue = "4")
    private int seconds;

    @Option(names = "--shards", description = "of the second data plane", defaultValue = "2")
    private int shards;

    @Option(names = "--clients", description = "of each data plane", defaultValue = "8")
    private int clients;

    @Spec private CommandSpec spec;

    private Sinks sinks;
    private Source source;

    @Override
    public Integer call() throws IOException {
        if (!options.isInside()) {
            return CommonOptions.enclose(spec);
        }
        if (options.isQuick()) {
            rounds = 3;
            seconds = 2;
        }
        Lab.bridge("internet");
        Lab.bridge("resources");
        var folder = Enclosure.folder();
        var clientsHost = Lab.internetHost(folder, "client", 10);
        var resource = Lab.resourceHost(folder, "web", 10);
        var fleets = List.of(Fleet.of(1, 1, clients), Fleet.of(2, shards, clients));
        var rows = new LinkedHashMap<Integer, List<ShardRow>>();
        var vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        var programs = new ArrayList<Program>();
        try {
            for (var fleet : fleets) {
                programs.add(start(fleet, resource, vertx));
            }
            sinks = new Sinks(fleets);
            source = new Source(sinks::packets);
            NamespaceThread.start(clientsHost, "sinks", sinks::run);
            NamespaceThread.start(resource, "source", source::run);
            Wait.until(
                    "all clients are connected",
                    START_LIMIT,
                    () -> sinks.connected() == 2L * clients);
            for (int i = 0; i < fleets.size(); i++) {
                warmUp(fleets.get(i), programs.get(i), (i + 1L) * clients);
            }
            for (int round = 1; round <= rounds; round++) {
                for (int i = 0; i < fleets.size(); i++) {
                    var row = measure(fleets.get(i), programs.get(i));
                    row.print("round " + round);
                    rows.computeIfAbsent(i, _ -> new ArrayList<>()).add(row);
                }
            }
        } finally {
            programs.forEach(Program::close);
            vertx.close();
        }
        report(ShardRow.median(rows.get(0)), ShardRow.median(rows.get(1)));
        return 0;
    }

    private Program start(Fleet fleet, Host resource, Vertx vertx) {
        int number = fleet.number();
        var host = Lab.internetHost(Enclosure.folder(), "gateway-" + number, 19 + number);
        Lab.joinResources(host, number);
        host.sysctl("net.ipv4.ip_forward", "1");
        var via = "10.77.0." + number;
        resource.run("ip", "route", "add", "100.64.%d.0/24".formatted(number), "via", via);
        var run = Path.of(System.getenv("GATEHOUSE_ROOT"), "run").toString();
        var program =
                host.start(
                        "dataplane",
                        Map.of(
                                "GATEHOUSE_BUILT",
                                "1",
                                "GATEHOUSE_JAVA_OPTIONS",
                                "-Djava.io.tmpdir=" + Enclosure.folder()),
                        List.of(run, "dataplane", "--shards=" + fleet.shards()));
        Wait.until(
                "the data plane is up",
                START_LIMIT,
                () -> program.logText().contains("waiting for the control plane"));
        var socket = host.runFolder().resolve("gatehouse/dataplane.sock").toString();
        var rpc =
                DataplaneGrpcClient.create(
                        GrpcClient.client(vertx), SocketAddress.domainSocketAddress(socket));
        rpc.hello(HelloRequest.newBuilder().setContractVersion(1).build())
                .compose(
                        hello -> {
                            var state =
                                    ResumeRequest.newBuilder()
                                            .setEpoch(hello.getEpoch())
                                            .setPart(fleet.state())
                                            .build();
                            return rpc.resume((stream, _) -> stream.end(state));
                        })
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        return program;
    }

    /// Until the compiler is done and a packet of every client was opened.
    private void warmUp(Fleet fleet, Program program, long verified) {
        source.target(fleet);
        Wait.until(
                "the cipher is compiled", START_LIMIT, () -> program.logText().contains("cipher:"));
        pause(Duration.ofSeconds(options.isQuick() ? 3 : 5));
        source.pause();
        Wait.until(
                "every client can open what comes",
                START_LIMIT,
                () -> sinks.verified() == verified);
    }

    private ShardRow measure(Fleet fleet, Program program) throws IOException {
        source.target(fleet);
        pause(Duration.ofMillis(500));
        long lost = source.lost();
        long arrived = sinks.packets();
        var before = CpuTimes.read(program.pid(), fleet.shards());
        pause(Duration.ofSeconds(seconds));
        var after = CpuTimes.read(program.pid(), fleet.shards());
        arrived = sinks.packets() - arrived;
        lost = source.lost() - lost;
        source.pause();
        pause(Duration.ofMillis(100));
        double elapsed = (after.atNs() - before.atNs()) / 1e9;
        double bytes = (double) arrived * Source.PAYLOAD_LENGTH;
        var busy = new ArrayList<Double>();
        for (int i = 0; i < fleet.shards(); i++) {
            busy.add((after.shards().get(i) - before.shards().get(i)) / elapsed);
        }
        return new ShardRow(
                fleet.shards(),
                bytes * 8 / elapsed / 1e9,
                (after.process() - before.process()) / (bytes / GIB),
                (after.own() - before.own()) / (bytes / GIB),
                busy,
                (after.machine() - before.machine()) / elapsed,
                lost / (double) Math.max(1, arrived + lost));
    }

    private static void pause(Duration time) {
        long endNs = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = endNs - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void report(ShardRow one, ShardRow more) throws IOException {
        one.print("median");
        more.print("median");
        double ratio = more.gbps() / one.gbps();
        System.out.printf("%d shards carry %.2f of one%n", shards, ratio);
        var document = new LinkedHashMap<String, Object>();
        document.put("rows", List.of(one, more));
        document.put("ratio", Map.of("more_vs_one", ratio));
        options.writeResult(document);
    }
}
