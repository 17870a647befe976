package dev.gatehouse.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.DataplaneGrpcClient;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloReply;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.IceCredentials;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ResumeReply;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.ShutdownRequest;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.testkit.Eventually;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real process in a network namespace of its own, told what to do over its socket.
@Tag("netns")
class DataplaneIT {
    private static final long WAIT_S = 60; // for what must happen, however slow the machine is
    private static final Duration WAIT = Duration.ofSeconds(WAIT_S);

    @TempDir private Path temporary;
    private Path socket;
    private Vertx vertx;
    private Process namespace;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void makeNamespace() throws Exception {
        socket = temporary.resolve("rpc").resolve("s");
        vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        namespace =
                new ProcessBuilder(
                                "unshare",
                                "-n",
                                "sh",
                                "-c",
                                "ip link set lo up && echo up && exec cat")
                        .redirectErrorStream(true)
                        .start();
        var line = namespace.inputReader().readLine();
        if (!"up".equals(line)) {
            String reason = "no network namespace: " + line;
            if (System.getenv().getOrDefault("GATEHOUSE_REQUIRE", "").contains("netns")) {
                fail(reason);
            }
            assumeTrue(false, reason);
        }
    }

    @AfterEach
    void endEverything() throws Exception {
        for (var process : processes) {
            process.destroyForcibly().waitFor();
        }
        namespace.destroyForcibly().waitFor();
        await(vertx.close());
    }

    @Test
    void opensNothingBeforeResumeAndEverythingAfterwards() throws Exception {
        start();
        var client = client();
        var hello = hello(client);

        assertThat(hello.getResumed()).isFalse();
        assertThat(exec("ip", "link")).doesNotContain("tun-firezone");
        assertThatThrownBy(() -> await(client.configure(configure(hello.getEpoch()))))
                .hasMessageContaining("FAILED_PRECONDITION");

        var reply = resume(client, hello.getEpoch(), Snapshot.getDefaultInstance());
        await(client.configure(configure(hello.getEpoch())));

        assertThat(reply.getPublicKey().size()).isEqualTo(32);
        assertThat(exec("ip", "addr", "show", "tun-firezone"))
                .contains("100.64.0.1/32", "fd00:2021:1111::1/128", "mtu 1280", ",UP");
        assertThat(exec("ss", "-uln")).contains("0.0.0.0:52625", "[::]:52625");
        eventually("nft", "gatehouse", "nft", "list", "ruleset");
        eventually("DNS server", "[fd00:2021:1111::1]:53535", "ss", "-uln");
        assertThat(http("/startupz")).contains("200");
        assertThat(http("/healthz")).contains("200");
        assertThat(http("/readyz")).contains("503", "no relay allocation");
        assertThat(http("/metrics"))
                .contains("gatehouse_gateway_dropped_total", "gatehouse_shard_busy_seconds_total");
    }

    @Test
    void killedProcessIsResumedWithTheSameKeyAndPort() throws Exception {
        var first = start();
        var client = client();
        var hello = hello(client);
        var key = resume(client, hello.getEpoch(), Snapshot.getDefaultInstance());
        await(client.configure(configure(hello.getEpoch())));
        await(client.updateRelays(relays(hello.getEpoch())));
        var authorized = await(client.authorize(authorize(hello.getEpoch())));
        assertThat(authorized.getOutcome()).isEqualTo(AuthorizeReply.Outcome.CREATED);
        var snapshot = firstSnapshot(client, hello.getEpoch());

        first.destroyForcibly().waitFor();
        assertThat(exec("ip", "route", "show", "table", "539098384"))
                .contains("unreachable 100.64.0.0/11");
        long startedNs = System.nanoTime();
        start();
        var again = client();
        var newHello = hello(again);
        var newKey = resume(again, newHello.getEpoch(), snapshot);
        long resumedNs = System.nanoTime();
        System.out.printf("resumed after %d ms%n", (resumedNs - startedNs) / 1_000_000);

        assertThat(newHello.getEpoch()).isNotEqualTo(hello.getEpoch());
        assertThat(newKey.getPublicKey()).isEqualTo(key.getPublicKey());
        assertThat(exec("ip", "addr", "show", "tun-firezone")).contains("100.64.0.1/32");
        var restored = firstSnapshot(again, newHello.getEpoch());
        assertThat(restored.getAuthorizationsList()).isEqualTo(snapshot.getAuthorizationsList());
        assertThat(restored.getPeers(0).getPresharedKey())
                .isEqualTo(snapshot.getPeers(0).getPresharedKey());
        assertThat(restored.getUdpPort()).isEqualTo(52625);
    }

    @Test
    void changesFollowTheSnapshot() throws Exception {
        start();
        var client = client();
        var hello = hello(client);
        resume(client, hello.getEpoch(), Snapshot.getDefaultInstance());
        await(client.configure(configure(hello.getEpoch())));
        var events = events(client, hello.getEpoch());
        next(events, Event.KindCase.SNAPSHOT);

        await(client.updateRelays(relays(hello.getEpoch())));
        await(client.authorize(authorize(hello.getEpoch())));

        var delta = next(events, Event.KindCase.DELTA).getDelta();
        assertThat(delta.getChanged().getRelaysList()).hasSize(1);
    }

    @Test
    void shutdownEndsTheProcessAndLeavesNothingBehind() throws Exception {
        var process = start();
        var client = client();
        var hello = hello(client);
        resume(client, hello.getEpoch(), Snapshot.getDefaultInstance());
        await(client.configure(configure(hello.getEpoch())));

        await(
                client.shutdown(
                        ShutdownRequest.newBuilder()
                                .setEpoch(hello.getEpoch())
                                .setGoodbye(true)
                                .build()));

        assertThat(process.waitFor(WAIT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(socket).doesNotExist();
        assertThat(exec("ip", "route", "show", "table", "all")).doesNotContain("100.64.0.0/11");
        assertThat(exec("nft", "list", "ruleset")).doesNotContain("gatehouse");
    }

    @Test
    void terminatedProcessClearsUpAndEndsWell() throws Exception {
        var process = start();
        var client = client();
        var hello = hello(client);
        resume(client, hello.getEpoch(), Snapshot.getDefaultInstance());
        await(client.configure(configure(hello.getEpoch())));

        process.destroy();

        assertThat(process.waitFor(WAIT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(socket).doesNotExist();
        assertThat(exec("nft", "list", "ruleset")).doesNotContain("gatehouse");
    }

    @Test
    void secondProcessOnOneSocketIsRefusedInOneLine() throws Exception {
        start();
        hello(client());

        var second = launch();

        assertThat(second.waitFor(WAIT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isEqualTo(2);
        var errors = new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(errors.lines().filter(l -> l.startsWith("gatehouse dataplane:")))
                .singleElement()
                .asString()
                .contains("running data plane");
    }

    private Process start() throws Exception {
        var process = launch();
        Eventually.becomes("its socket", WAIT, () -> Files.exists(socket) || !process.isAlive());
        assertThat(process.isAlive()).as("process runs, log: " + log()).isTrue();
        return process;
    }

    private Process launch() throws IOException {
        var command = new ArrayList<String>();
        command.addAll(List.of("nsenter", "-t", Long.toString(namespace.pid()), "-n"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DataplaneMain.class.getName(),
                        "--no-inc-buf",
                        "--rpc-socket",
                        socket.toString()));
        var process = new ProcessBuilder(command).redirectOutput(temporary.resolve("log").toFile());
        var started = process.start();
        processes.add(started);
        return started;
    }

    private String log() throws IOException {
        return Files.readString(temporary.resolve("log"));
    }

    private DataplaneGrpcClient client() {
        return DataplaneGrpcClient.create(
                GrpcClient.client(vertx), SocketAddress.domainSocketAddress(socket.toString()));
    }

    /// The file of a dead server is there before the next one listens.
    private HelloReply hello(DataplaneGrpcClient client) throws Exception {
        var request = HelloRequest.newBuilder().setContractVersion(1).build();
        var reply = new AtomicReference<HelloReply>();
        Eventually.becomes(
                "an answer to Hello",
                WAIT,
                () -> {
                    try {
                        reply.set(await(client.hello(request)));
                        return true;
                    } catch (ExecutionException _) {
                        return false;
                    }
                });
        return reply.get();
    }

    private static ResumeReply resume(DataplaneGrpcClient client, long epoch, Snapshot snapshot)
            throws Exception {
        var request = ResumeRequest.newBuilder().setEpoch(epoch).setPart(snapshot).build();
        return await(client.resume((stream, _) -> stream.end(request)));
    }

    private static ConfigureRequest configure(long epoch) {
        return ConfigureRequest.newBuilder()
                .setEpoch(epoch)
                .setInterface(
                        Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1"))
                .build();
    }

    private static UpdateRelaysRequest relays(long epoch) {
        return UpdateRelaysRequest.newBuilder()
                .setEpoch(epoch)
                .addRelays(
                        Relay.newBuilder()
                                .setId("11111111-1111-4111-8111-111111111111")
                                .addAddresses("127.0.0.1:3478")
                                .setUsername("u")
                                .setPassword("p"))
                .build();
    }

    private static AuthorizeRequest authorize(long epoch) {
        return AuthorizeRequest.newBuilder()
                .setEpoch(epoch)
                .setClient(
                        Client.newBuilder()
                                .setId("22222222-2222-4222-8222-222222222222")
                                .setIpv4("100.64.0.9")
                                .setIpv6("fd00:2021:1111::9"))
                .setClientPublicKey(ByteString.copyFrom(new byte[32]))
                .setPresharedKey(ByteString.copyFrom(new byte[32]))
                .setGatewayIce(credentials("gateway"))
                .setClientIce(credentials("client"))
                .setResource(
                        Resource.newBuilder()
                                .setId("33333333-3333-4333-8333-333333333333")
                                .setType(Resource.Type.CIDR)
                                .setName("net")
                                .setAddress("10.0.0.0/8"))
                .build();
    }

    private static IceCredentials credentials(String user) {
        return IceCredentials.newBuilder()
                .setUsername(user)
                .setPassword("0123456789012345678901")
                .build();
    }

    private static BlockingQueue<Event> events(DataplaneGrpcClient client, long epoch)
            throws Exception {
        var events = new ArrayBlockingQueue<Event>(1000);
        var request = EventsRequest.newBuilder().setEpoch(epoch).build();
        await(client.events(request).onSuccess(stream -> stream.handler(events::add)));
        return events;
    }

    private static Snapshot firstSnapshot(DataplaneGrpcClient client, long epoch) throws Exception {
        return next(events(client, epoch), Event.KindCase.SNAPSHOT).getSnapshot().getPart();
    }

    private static Event next(BlockingQueue<Event> events, Event.KindCase kind)
            throws InterruptedException {
        while (true) {
            var event = events.poll(WAIT_S, TimeUnit.SECONDS);
            assertThat(event).as("an event of kind " + kind).isNotNull();
            if (event.getKindCase() == kind) {
                return event;
            }
        }
    }

    private String http(String path) throws Exception {
        return exec("curl", "-sS", "-i", "http://127.0.0.1:8081" + path);
    }

    /// For what the process does beside the shard.
    private void eventually(String what, String expected, String... command) throws Exception {
        Eventually.becomes(what, WAIT, () -> exec(command).contains(expected));
    }

    private String exec(String... command) throws Exception {
        var whole = new ArrayList<>(List.of("nsenter", "-t", "" + namespace.pid(), "-n"));
        whole.addAll(List.of(command));
        var process = new ProcessBuilder(whole).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(WAIT_S, TimeUnit.SECONDS);
    }
}
