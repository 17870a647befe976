package dev.gatehouse.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.testkit.TestCertificate;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A whole relay on real sockets of the loopback interface.
class RelayProcessTest {
    private static final IpAddress V4 = IpAddress.parse("127.0.0.1");
    private static final IpAddress V6 = IpAddress.parse("::1");
    private static final String SECRET = "a fixed secret";
    private static final String ALICE = "4102444800:alice";
    private static final String BOB = "4102444800:bob";
    private static final String CAROL = "4102444800:carol";
    private static final byte[] PING = "ping".getBytes(StandardCharsets.UTF_8);
    private static final byte[] PONG = "longer pong".getBytes(StandardCharsets.UTF_8);

    private final int port = freeUdpPort();
    private final int httpPort = freeTcpPort();

    static Stream<Arguments> families() {
        return Stream.of(
                Arguments.of(V4, V4),
                Arguments.of(V4, V6),
                Arguments.of(V6, V4),
                Arguments.of(V6, V6));
    }

    @ParameterizedTest
    @MethodSource("families")
    void relaysBothWaysBetweenAnyFamilies(IpAddress ofClient, IpAddress ofPeer) throws Exception {
        try (var relay = RelayProcess.start(settings(Optional.empty()));
                var client = new TurnPeer(new Endpoint(ofClient, port), ALICE, SECRET);
                var peer = new TurnPeer(new Endpoint(ofPeer, port), BOB, SECRET)) {
            assertThat(client.binding().xorMappedAddress()).contains(client.local());
            var relayed = client.allocate();
            assertThat(relayed).extracting(Endpoint::address).containsExactly(V4, V6);
            assertThat(client.bind(0x4000, peer.local()).messageClass())
                    .isEqualTo(MessageClass.SUCCESS);

            client.sendChannelData(0x4000, PING);
            assertThat(peer.receive()).isEqualTo(PING);

            peer.send(relayed.get(ofPeer.isV4() ? 0 : 1), PONG);
            assertThat(client.receive()).endsWith(PONG).hasSize(4 + PONG.length);
            assertThat(relay).isNotNull();
        }
    }

    @Test
    void twoClientsReachEachOtherThroughTheirRelayedAddresses() throws Exception {
        try (var _ = RelayProcess.start(settings(Optional.empty()));
                var alice = new TurnPeer(new Endpoint(V4, port), ALICE, SECRET);
                var bob = new TurnPeer(new Endpoint(V6, port), BOB, SECRET)) {
            var ofAlice = alice.allocate();
            var ofBob = bob.allocate();
            alice.bind(0x4000, ofBob.getFirst());
            bob.bind(0x4001, ofAlice.getFirst());

            alice.sendChannelData(0x4000, PING);
            assertThat(bob.receive()).endsWith(PING);
            bob.sendChannelData(0x4001, PONG);
            assertThat(alice.receive()).endsWith(PONG);
        }
    }

    @Test
    void nobodyReachesTheRelaysHostThroughIt() throws Exception {
        try (var _ = RelayProcess.start(settings(Optional.empty(), List.of()));
                var alice = new TurnPeer(new Endpoint(V4, port), ALICE, SECRET);
                var bob = new TurnPeer(new Endpoint(V6, port), BOB, SECRET);
                var echo = new TurnPeer(new Endpoint(V4, port), CAROL, SECRET)) {
            var ofAlice = alice.allocate();
            int channel = 0x4000;
            for (var peer : forbidden(echo.local().port())) {
                var refusal = alice.bind(channel, peer);
                assertThat(refusal.errorCode()).as("%s", peer).hasValue(StunErrors.FORBIDDEN);
                alice.sendChannelData(channel++, PING);
            }
            echo.send(ofAlice.getFirst(), PONG);

            // The normal way of two peers behind symmetric NATs: both relayed, here by one relay.
            var ofBob = bob.allocate();
            alice.bind(0x4500, ofBob.getFirst());
            bob.bind(0x4501, ofAlice.getFirst());
            alice.sendChannelData(0x4500, PING);
            assertThat(bob.receive()).endsWith(PING);
            bob.sendChannelData(0x4501, PONG);
            assertThat(alice.receive()).endsWith(PONG).startsWith(0x45, 0x00);
            assertThat(echo.isSilent()).isTrue();
        }
    }

    /// What only the relay's host reaches, an address of its interfaces among it.
    private static List<Endpoint> forbidden(int port) throws Exception {
        var addresses =
                new ArrayList<>(
                        List.of(
                                "127.0.0.1",
                                "::1",
                                "0.0.0.0",
                                "::",
                                "169.254.169.254",
                                "10.1.2.3"));
        NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .map(address -> IpAddress.ofBytes(address.getAddress()).toString())
                .forEach(addresses::add);
        return addresses.stream().map(a -> new Endpoint(IpAddress.parse(a), port)).toList();
    }

    @Test
    void aFreedPortIsClosed() throws Exception {
        try (var _ = RelayProcess.start(settings(Optional.empty()));
                var client = new TurnPeer(new Endpoint(V4, port), ALICE, SECRET)) {
            int allocated = client.allocate().getFirst().port();
            assertThatThrownBy(() -> new DatagramSocket(allocated).close())
                    .isInstanceOf(IOException.class);

            client.request(StunMethods.REFRESH, w -> w.lifetime(0));

            new DatagramSocket(allocated).close();
        }
    }

    @Test
    void drainingKeepsAllocationsUntilTheLastIsGiven() throws Exception {
        try (var relay = RelayProcess.start(settings(Optional.empty()));
                var alice = new TurnPeer(new Endpoint(V4, port), ALICE, SECRET);
                var bob = new TurnPeer(new Endpoint(V4, port), BOB, SECRET)) {
            alice.allocate();
            alice.bind(0x4000, bob.local());
            var drained = CompletableFuture.runAsync(relay::drain);
            await(() -> get("/readyz") == 503 && isRefused());

            alice.sendChannelData(0x4000, PING);
            assertThat(bob.receive()).isEqualTo(PING);
            assertThat(drained).isNotDone();

            alice.request(StunMethods.REFRESH, w -> w.lifetime(0));
            drained.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void answersProbesAndShowsMetrics() throws Exception {
        try (var _ = RelayProcess.start(settings(Optional.empty()))) {
            assertThat(get("/healthz")).isEqualTo(200);
            assertThat(get("/startupz")).isEqualTo(200);
            assertThat(get("/readyz")).isEqualTo(200);
            assertThat(get("/nothing")).isEqualTo(404);
            assertThat(body("/metrics"))
                    .contains("relay_active_allocations 0.0")
                    .contains("relay_dropped_total{reason=\"unknown_peer\"} 0.0");
        }
    }

    @Test
    void aTakenUdpPortIsAConfigurationMistake() throws Exception {
        try (var _ = new DatagramSocket(port)) {
            assertThatThrownBy(() -> RelayProcess.start(settings(Optional.empty())))
                    .isInstanceOf(ConfigurationMistake.class)
                    .hasMessage(
                            "UDP port %d is taken: stop whoever has it, or set LISTEN_PORT"
                                    .formatted(port));
        }
    }

    @Test
    void aTakenHttpPortIsAConfigurationMistakeAndFreesTheUdpPort() throws Exception {
        try (var _ = new ServerSocket(httpPort)) {
            assertThatThrownBy(() -> RelayProcess.start(settings(Optional.empty())))
                    .isInstanceOf(ConfigurationMistake.class)
                    .hasMessageContaining("HEALTH_CHECK_ADDR");
        }
        new DatagramSocket(port).close();
    }

    @Test
    void announcesItselfToThePortalAndIsReadyOnceJoined() throws Exception {
        var upgrades = new LinkedBlockingQueue<ServerWebSocket>();
        var joins = new LinkedBlockingQueue<String>();
        var vertx = Vertx.vertx();
        var portal = portal(vertx, upgrades, joins);
        try (var relay = RelayProcess.start(settings(Optional.of(login(portal))))) {
            var upgrade = upgrades.poll(10, TimeUnit.SECONDS);
            assertThat(upgrade.path()).isEqualTo("/relay/websocket");
            assertThat(upgrade.query())
                    .isEqualTo("token=s3cret&name=edge&ipv4=127.0.0.1&ipv6=%3A%3A1&port=" + port);
            assertThat(upgrade.headers().get("X-Authorization")).isEqualTo("Bearer s3cret");
            String join = joins.poll(10, TimeUnit.SECONDS);
            assertThat(join).contains("\"topic\":\"relay\"", "\"stamp_secret\":\"" + SECRET + "\"");
            assertThat(get("/readyz")).isEqualTo(503);
            assertThat(get("/healthz")).isEqualTo(200);

            answer(upgrade, join);

            assertThat(relay.awaitPortal(10, TimeUnit.SECONDS)).isTrue();
            assertThat(get("/readyz")).isEqualTo(200);
        } finally {
            vertx.close();
        }
    }

    @Test
    void aPortalOverTlsIsKnownByTheCertificatesOfAFile(@TempDir Path directory) throws Exception {
        var certificate = TestCertificate.create(directory, "ip:127.0.0.1");
        var keys = new PfxOptions().setPath(certificate.store().toString());
        var tls = new HttpServerOptions().setSsl(true);
        tls.setKeyCertOptions(keys.setPassword(TestCertificate.PASSWORD));
        var upgrades = new LinkedBlockingQueue<ServerWebSocket>();
        var vertx = Vertx.vertx();
        var portal = listen(vertx.createHttpServer(tls).webSocketHandler(upgrades::add));
        var login = login("wss", portal, Optional.of(certificate.pem()));
        try (var _ = RelayProcess.start(settings(Optional.of(login)))) {
            assertThat(upgrades.poll(10, TimeUnit.SECONDS)).isNotNull();
        } finally {
            vertx.close();
        }
    }

    @Test
    void aTokenThatThePortalRefusesEndsTheProcessWithOne() throws Exception {
        var vertx = Vertx.vertx();
        var portal =
                listen(
                        vertx.createHttpServer()
                                .requestHandler(r -> r.response().setStatusCode(401).end()));
        try (var relay = RelayProcess.start(settings(Optional.of(login(portal))))) {
            var code = CompletableFuture.supplyAsync(() -> awaitExit(relay));
            assertThat(code.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        } finally {
            vertx.close();
        }
    }

    private boolean isRefused() throws IOException {
        try (var carol = new TurnPeer(new Endpoint(V4, port), CAROL, SECRET)) {
            if (!carol.allocate().isEmpty()) {
                carol.request(StunMethods.REFRESH, w -> w.lifetime(0));
                return false;
            }
            var refusal = carol.request(StunMethods.ALLOCATE, StunWriter::requestedTransportUdp);
            return refusal.errorCode().getAsInt() == StunErrors.INSUFFICIENT_CAPACITY;
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(untilNs);
            Thread.onSpinWait();
        }
    }

    private static int awaitExit(RelayProcess relay) {
        try {
            return relay.awaitExit();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpServer portal(
            Vertx vertx,
            LinkedBlockingQueue<ServerWebSocket> upgrades,
            LinkedBlockingQueue<String> joins)
            throws Exception {
        var server =
                vertx.createHttpServer()
                        .webSocketHandler(
                                socket -> {
                                    socket.textMessageHandler(joins::add);
                                    upgrades.add(socket);
                                });
        return listen(server);
    }

    private static HttpServer listen(HttpServer server) throws Exception {
        return server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private static void answer(ServerWebSocket socket, String join) {
        String ref = join.replaceAll(".*\"ref\":\"?(\\d+)\"?.*", "$1");
        socket.writeTextMessage(
                "{\"topic\":\"relay\",\"event\":\"phx_reply\",\"ref\":%s,".formatted(ref)
                        + "\"payload\":{\"status\":\"ok\",\"response\":{}}}");
    }

    private static PortalLogin login(HttpServer portal) {
        return login("ws", portal, Optional.empty());
    }

    private static PortalLogin login(String scheme, HttpServer portal, Optional<Path> caFile) {
        return new PortalLogin(
                URI.create(scheme + "://127.0.0.1:" + portal.actualPort()),
                new Secret("s3cret"),
                Optional.of("edge"),
                caFile);
    }

    private RelaySettings settings(Optional<PortalLogin> portal) {
        return settings(portal, List.of(IpNetwork.host(V4), IpNetwork.host(V6)));
    }

    private RelaySettings settings(Optional<PortalLogin> portal, List<IpNetwork> allowed) {
        var relay =
                new RelayConfig(
                        Optional.of(V4),
                        Optional.of(V6),
                        port,
                        20_000,
                        29_999,
                        "test",
                        RelayLimits.DEFAULT,
                        allowed);
        return new RelaySettings(
                relay,
                IpAddress.ANY_V4,
                IpAddress.ANY_V6,
                portal,
                Optional.of(new Secret(SECRET)),
                OptionalLong.empty(),
                new Endpoint(V4, httpPort),
                Duration.ofMinutes(1));
    }

    private int get(String path) throws Exception {
        return request(path).statusCode();
    }

    private String body(String path) throws Exception {
        return request(path).body();
    }

    private HttpResponse<String> request(String path) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var uri = URI.create("http://127.0.0.1:" + httpPort + path);
            return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        }
    }

    private static int freeUdpPort() {
        try (var socket = new DatagramSocket()) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int freeTcpPort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
