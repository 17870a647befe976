package dev.gatehouse.systemtests.life;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.DataplaneGrpcClient;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.TunnelClient;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.key.PublicKey;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A data plane with two shards, a relay, and clients of ours, all on one machine that answers
/// pings. Reverse paths are checked strictly, so a packet of a client must come from the device
/// that its answer takes.
@Tag("netns")
class ShardsIT {
    private static final String HOST = "10.0.0.5";
    private static final IpAddress TARGET_V4 = IpAddress.parse(HOST);
    private static final IpAddress TARGET_V6 = IpAddress.parse("fd99::5");
    private static final String ALLOCATED = "gatehouse_relays_allocated{shard=\"%d\"} 1.0";
    private static final List<String> RELAYS = List.of("10.0.0.3", "10.0.0.4");
    private static final String SECRET = "a stamp for tests";
    private static final long RELAY_EXPIRY = 4_102_444_800L; // 2100
    private static final String RESOURCE_V4 = "33333333-3333-4333-8333-333333333334";
    private static final String RESOURCE_V6 = "33333333-3333-4333-8333-333333333336";
    private static final String TUNNEL_TABLE = "539098384";
    private static final int PORT = 52_625;
    private static final Duration WITHIN = Duration.ofSeconds(40);
    private static final long PING_EVERY_NS = Duration.ofMillis(100).toNanos();

    @TempDir private Path folder;

    private final List<TunnelClient> clients = new ArrayList<>();
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private Sandbox sandbox;
    private Vertx vertx;
    private Program dataplane;
    private DataplaneGrpcClient rpc;
    private long epoch;
    private PublicKey gatewayKey;
    private int pings;

    @Test
    void clientsAreSpreadAndComeBackToTheirShards() throws Exception {
        Sandbox.run(
                folder,
                inside -> {
                    sandbox = inside;
                    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
                    try {
                        prepareHost();
                        twoClientsOnTwoShards();
                        killedDataPlaneComesBack();
                        revokedClientMakesRoom();
                        clientMovesFromAShardWithoutRelay();
                    } finally {
                        clients.forEach(TunnelClient::close);
                        await(vertx.close());
                    }
                });
    }

    private void prepareHost() throws Exception {
        sandbox.exec("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "cable");
        sandbox.exec("ip", "link", "set", "cable", "up");
        sandbox.exec("ip", "addr", "add", HOST + "/24", "dev", "eth0");
        sandbox.exec("ip", "addr", "add", TARGET_V6 + "/64", "dev", "eth0", "nodad");
        sandbox.exec("ip", "link", "set", "eth0", "up");
        sandbox.exec("sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=1");
        for (int i = 0; i < RELAYS.size(); i++) {
            sandbox.exec("ip", "addr", "add", RELAYS.get(i) + "/24", "dev", "eth0");
            sandbox.start(
                            Spec.gatehouse("relay", "--health-check-addr=127.0.0.1:" + (8090 + i))
                                    .with("PUBLIC_IP4_ADDR", RELAYS.get(i))
                                    .with("BIND_IP4_ADDR", RELAYS.get(i))
                                    .with("GATEHOUSE_RELAY_ALLOW_PEER", "10.0.0.0/24")
                                    .with("STAMP_SECRET", SECRET))
                    .awaitText("relay serves UDP");
        }
    }

    private void twoClientsOnTwoShards() throws Exception {
        start(List.of());
        await(rpc.configure(configure()));
        await(rpc.updateRelays(relays(0, 1)));
        until("both relays", () -> curl("metrics").contains(ALLOCATED.formatted(1)));
        until("both relays", () -> curl("metrics").contains(ALLOCATED.formatted(0)));
        assertThat(curl("readyz")).contains("ok");
        connect(9);
        connect(10);

        var snapshot = snapshot();
        assertThat(snapshot.getClientsList()).extracting(Client::getShard).containsExactly(0, 1);
        assertThat(snapshot.getRelaysList())
                .as("an allocation for each")
                .allSatisfy(relay -> assertThat(relay.getAllocation().getServer()).isNotEmpty())
                .extracting(relay -> relay.getShard())
                .containsExactly(0, 1);
        assertThat(snapshot.getUdpPort()).isEqualTo(PORT);
        assertThat(snapshot.getShardPorts(0).getUdpPort()).isEqualTo(PORT + 1);
        for (int i = 0; i < 2; i++) {
            pingBothWays(clients.get(i));
            assertThat(clients.get(i).gatewayPort()).isEqualTo(PORT + i);
        }
        assertThat(routes())
                .contains("100.64.0.0/11 dev tun-firezone ")
                .contains("100.64.0.10 dev tun-firezone-1 ")
                .contains("fd00:2021:1111::10 dev tun-firezone-1 ")
                .doesNotContain("100.64.0.9 ");
        assertThat(curl("metrics"))
                .contains("gatehouse_clients{shard=\"0\"} 1.0")
                .contains("gatehouse_clients{shard=\"1\"} 1.0")
                .contains("gatehouse_shard_busy_seconds_total{shard=\"1\"}")
                .contains("gatehouse_routes_failed_total 0.0");
    }

    private void killedDataPlaneComesBack() throws Exception {
        var before = snapshot();
        dataplane.close();
        assertThat(routes()).contains("unreachable 100.64.0.0/11").doesNotContain("tun-firezone");

        start(List.of(before));

        for (var client : clients) {
            pingBothWays(client);
            assertThat(client.hasFailed()).as("noticed by its client").isFalse();
        }
        var after = snapshot();
        assertThat(after.getClientsList()).isEqualTo(before.getClientsList());
        assertThat(after.getAuthorizationsList()).isEqualTo(before.getAuthorizationsList());
        assertThat(after.getUdpPort()).isEqualTo(PORT);
        assertThat(after.getShardPortsList()).isEqualTo(before.getShardPortsList());
        assertThat(after.getRelaysList())
                .extracting(relay -> relay.getAllocation().getRelayedList())
                .isEqualTo(
                        before.getRelaysList().stream()
                                .map(relay -> relay.getAllocation().getRelayedList())
                                .toList());
        await(rpc.updateRelays(relays(1, 0)));
        assertThat(owners(snapshot())).as("each has its own").isEqualTo(owners(before));
    }

    private static List<String> owners(Snapshot snapshot) {
        return snapshot.getRelaysList().stream()
                .map(relay -> relay.getShard() + ": " + relay.getRelay().getId())
                .toList();
    }

    private void revokedClientMakesRoom() throws Exception {
        var revoked = clients.get(1);
        for (var resource : List.of(RESOURCE_V4, RESOURCE_V6)) {
            var key = AuthorizationKey.newBuilder().setClientId(revoked.id);
            key.setResourceId(resource);
            await(rpc.reject(RejectRequest.newBuilder().setEpoch(epoch).setKey(key).build()));
        }

        pingBothWays(clients.get(0));
        until("the route is gone", () -> !routes().contains("tun-firezone-1"));
        assertThat(snapshot().getClientsList()).hasSize(1);
        int unanswered = ++pings;
        revoked.ping(TARGET_V4, unanswered);
        connect(11);
        assertThat(snapshot().getClients(1).getShard()).as("the emptier one").isEqualTo(1);
        pingBothWays(clients.get(2));
        assertThat(revoked.isAnswered(unanswered)).isFalse();
    }

    /// Its shard knows it, but can offer no relay for a new connection.
    private void clientMovesFromAShardWithoutRelay() throws Exception {
        await(
                rpc.updateRelays(
                        UpdateRelaysRequest.newBuilder()
                                .setEpoch(epoch)
                                .addRemovedIds(relay(1, "gateway").getId())
                                .build()));
        clients.removeLast().close();

        connect(11);

        assertThat(snapshot().getClientsList()).extracting(Client::getShard).containsOnly(0);
        pingBothWays(clients.getLast());
        until("the route is gone", () -> !routes().contains("tun-firezone-1"));
    }

    private void start(List<Snapshot> resumed) throws Exception {
        var socket = folder.resolve("rpc").resolve("s");
        dataplane =
                sandbox.start(
                                Spec.gatehouse(
                                        "dataplane",
                                        "--shards=2",
                                        "--no-inc-buf",
                                        "--rpc-socket=" + socket))
                        .awaitText("waiting for the control plane");
        rpc =
                DataplaneGrpcClient.create(
                        GrpcClient.client(vertx),
                        SocketAddress.domainSocketAddress(socket.toString()));
        epoch =
                await(rpc.hello(HelloRequest.newBuilder().setContractVersion(1).build()))
                        .getEpoch();
        var reply =
                await(
                        rpc.resume(
                                (stream, _) -> {
                                    resumed.forEach(part -> stream.write(resume(part)));
                                    stream.end();
                                }));
        gatewayKey = new PublicKey(reply.getPublicKey().toByteArray());
    }

    private ResumeRequest resume(Snapshot part) {
        return ResumeRequest.newBuilder().setEpoch(epoch).setPart(part).build();
    }

    /// As portal and control plane do it.
    private void connect(int number) throws Exception {
        var client = new TunnelClient(number);
        clients.add(client);
        var relay = relay(0, client.id);
        client.useRelay(
                new RelayInfo(
                        relay.getId(),
                        List.of(Endpoint.parse(relay.getAddresses(0))),
                        relay.getUsername(),
                        relay.getPassword()));
        until("the client has a relay", client::hasRelay);
        followEvents();
        authorize(client, RESOURCE_V4, "10.0.0.0/8");
        authorize(client, RESOURCE_V6, "fd99::/64");
        client.connect(gatewayKey);
        until("the client is connected", () -> signal(client) && pingOnce(client, TARGET_V4));
    }

    private void authorize(TunnelClient client, String resource, String network) throws Exception {
        var request =
                AuthorizeRequest.newBuilder()
                        .setEpoch(epoch)
                        .setClient(
                                Client.newBuilder()
                                        .setId(client.id)
                                        .setIpv4(client.v4.toString())
                                        .setIpv6(client.v6.toString()))
                        .setClientPublicKey(bytes(client.keys.publicKey().toBytes()))
                        .setPresharedKey(bytes(client.psk.toBytes()))
                        .setGatewayIce(ice(client.gatewayIce))
                        .setClientIce(ice(client.ownIce))
                        .setResource(
                                Resource.newBuilder()
                                        .setId(resource)
                                        .setType(Resource.Type.CIDR)
                                        .setName(network)
                                        .setAddress(network))
                        .build();
        assertThat(await(rpc.authorize(request)).getOutcome())
                .isIn(AuthorizeReply.Outcome.CREATED, AuthorizeReply.Outcome.REUSED);
    }

    private static ByteString bytes(byte[] bytes) {
        return ByteString.copyFrom(bytes);
    }

    private static dev.gatehouse.rpc.IceCredentials ice(IceCredentials credentials) {
        return dev.gatehouse.rpc.IceCredentials.newBuilder()
                .setUsername(credentials.ufrag())
                .setPassword(credentials.password())
                .build();
    }

    /// Carries candidates both ways.
    private boolean signal(TunnelClient client) throws Exception {
        for (var event = events.poll(); event != null; event = events.poll()) {
            var local = event.getLocalCandidates();
            if (local.getClientId().equals(client.id)) {
                for (var sdp : local.getAddedList()) {
                    client.addCandidate(sdp);
                }
            }
        }
        var own = client.takeCandidates();
        if (!own.isEmpty()) {
            await(
                    rpc.addRemoteCandidates(
                            RemoteCandidatesRequest.newBuilder()
                                    .setEpoch(epoch)
                                    .setClientId(client.id)
                                    .addAllCandidates(own)
                                    .build()));
        }
        return true;
    }

    private void pingBothWays(TunnelClient client) throws Exception {
        for (var target : List.of(TARGET_V4, TARGET_V6)) {
            until("an answer of " + target + " to " + client.v4, () -> pingOnce(client, target));
        }
    }

    private boolean pingOnce(TunnelClient client, IpAddress target) throws IOException {
        int number = ++pings;
        client.ping(target, number);
        long untilNs = System.nanoTime() + PING_EVERY_NS;
        while (System.nanoTime() < untilNs && !client.isAnswered(number)) {
            turn();
        }
        return client.isAnswered(number);
    }

    private void turn() throws IOException {
        for (var client : clients) {
            client.turn();
        }
        LockSupport.parkNanos(100_000);
    }

    private void until(String what, Callable<Boolean> isSo) throws Exception {
        long untilNs = System.nanoTime() + WITHIN.toNanos();
        while (!isSo.call()) {
            turn();
            assertThat(System.nanoTime())
                    .as("%s, log: %s%s", what, dataplane.out(), dataplane.err())
                    .isLessThan(untilNs);
        }
    }

    /// A new stream, from which nothing has been taken.
    private void followEvents() throws Exception {
        snapshot();
    }

    /// All that the data plane knows; candidates that it signals later come into [#events].
    private Snapshot snapshot() throws Exception {
        events.clear();
        var incoming = new LinkedBlockingQueue<Event>();
        var request = EventsRequest.newBuilder().setEpoch(epoch).build();
        await(rpc.events(request).onSuccess(stream -> stream.handler(incoming::add)));
        var whole = Snapshot.newBuilder();
        boolean complete = false;
        while (!complete) {
            var event = incoming.poll(WITHIN.toSeconds(), TimeUnit.SECONDS);
            assertThat(event).as("a snapshot").isNotNull();
            if (event.hasSnapshot()) {
                whole.mergeFrom(event.getSnapshot().getPart());
                complete = event.getSnapshot().getLast();
            }
        }
        Thread.ofVirtual().start(() -> pass(incoming));
        return whole.build();
    }

    private void pass(LinkedBlockingQueue<Event> from) {
        try {
            while (true) {
                events.add(from.take());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private ConfigureRequest configure() {
        return ConfigureRequest.newBuilder()
                .setEpoch(epoch)
                .setInterface(
                        Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1"))
                .build();
    }

    private UpdateRelaysRequest relays(int first, int second) {
        return UpdateRelaysRequest.newBuilder()
                .setEpoch(epoch)
                .addRelays(relay(first, "gateway"))
                .addRelays(relay(second, "gateway"))
                .build();
    }

    /// @param user a relay keeps one allocation for each
    private static Relay relay(int number, String user) {
        return Relay.newBuilder()
                .setId("11111111-1111-4111-8111-%012d".formatted(number))
                .addAddresses(RELAYS.get(number) + ":3478")
                .setUsername(RELAY_EXPIRY + ":" + user)
                .setPassword(TurnCredentials.password(RELAY_EXPIRY, SECRET, user))
                .build();
    }

    private String routes() throws Exception {
        return sandbox.exec("ip", "route", "show", "table", TUNNEL_TABLE)
                + sandbox.exec("ip", "-6", "route", "show", "table", TUNNEL_TABLE);
    }

    private String curl(String path) throws Exception {
        return sandbox.exec("curl", "-sS", "http://127.0.0.1:8081/" + path);
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage()
                .toCompletableFuture()
                .get(WITHIN.toSeconds(), TimeUnit.SECONDS);
    }
}
