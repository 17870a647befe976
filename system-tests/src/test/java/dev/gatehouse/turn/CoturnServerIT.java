package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Our TURN client and the relay of others: coturn with long-term credentials.
@Tag("netns")
class CoturnServerIT {
    private static final String SERVER = "10.77.0.1";
    private static final String SERVER_V6 = "fd77::1";
    private static final String CLIENT = "10.77.0.2";
    private static final String PEER = "10.77.0.3";
    private static final byte[] PING = "ping".getBytes(StandardCharsets.UTF_8);
    private static final byte[] PONG = "a longer pong".getBytes(StandardCharsets.UTF_8);
    private static final RelayInfo RELAY =
            new RelayInfo(
                    "coturn",
                    List.of(new Endpoint(IpAddress.parse(SERVER), 3478)),
                    "alice",
                    "a password");

    @TempDir private Path folder;

    @Test
    void allocatesRelaysBothWaysAndRefreshes() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startCoturn(sandbox, "--stale-nonce=600");
                    try (var client = new TurnClient(RELAY, CLIENT);
                            var peer = new DatagramSocket(new InetSocketAddress(PEER, 0))) {
                        client.until("allocation", () -> client.allocation().isAllocated());
                        assertThat(client.allocation().relayed())
                                .extracting(e -> e.address().toString())
                                .startsWith(SERVER);
                        exchange(client, peer);

                        client.skip(Duration.ofSeconds(301));
                        client.until(
                                "refresh", () -> client.successes.contains(StunMethods.REFRESH));

                        assertThat(client.allocation().isAllocated()).isTrue();
                        exchange(client, peer);
                    }
                });
    }

    @Test
    void takesTheNextNonceWhenOneIsStale() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startCoturn(sandbox, "--stale-nonce=1");
                    try (var client = new TurnClient(RELAY, CLIENT);
                            var peer = new DatagramSocket(new InetSocketAddress(PEER, 0))) {
                        client.until("allocation", () -> client.allocation().isAllocated());
                        client.until(
                                "stale nonce",
                                () -> {
                                    client.allocation().refreshNow(client.nowNs());
                                    return client.errors.contains(StunErrors.STALE_NONCE);
                                });
                        int refreshed = client.successes.size();
                        client.until(
                                "refresh under the next nonce",
                                () -> client.successes.size() > refreshed);

                        assertThat(client.allocation().isAllocated()).isTrue();
                        exchange(client, peer);
                    }
                });
    }

    @Test
    void aWrongPasswordIsGivenUp() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startCoturn(sandbox, "--stale-nonce=600");
                    var wrong =
                            new RelayInfo("coturn", RELAY.addresses(), RELAY.username(), "another");
                    try (var client = new TurnClient(wrong, CLIENT)) {
                        client.until(
                                "refusal",
                                () ->
                                        client.allocation().isFreed()
                                                || client.allocation().pollTimeout()
                                                        == Allocation.NEVER);
                        assertThat(client.allocation().isAllocated()).isFalse();
                    }
                });
    }

    private static void startCoturn(Sandbox sandbox, String nonce) throws Exception {
        Sandbox.require("turnserver", "coturn");
        for (String address : List.of(SERVER, CLIENT, PEER)) {
            sandbox.exec("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        sandbox.exec("ip", "addr", "add", SERVER_V6 + "/128", "dev", "lo", "nodad");
        sandbox.start(
                Program.Spec.of(
                        "turnserver",
                        "-n",
                        "--no-cli",
                        "--no-tls",
                        "--no-dtls",
                        "--listening-ip=" + SERVER,
                        "--relay-ip=" + SERVER,
                        "--relay-ip=" + SERVER_V6,
                        "--lt-cred-mech",
                        "--user=alice:a password",
                        "--realm=firezone",
                        nonce,
                        "--log-file=stdout",
                        "--simple-log",
                        "--pidfile=/run/turnserver.pid",
                        "--userdb=/run/turnserver.db"));
        sandbox.until("coturn listens", () -> sandbox.exec("ss", "-Hlun").contains(":3478"));
    }

    private static void exchange(TurnClient client, DatagramSocket peer) throws Exception {
        var peerEndpoint = new Endpoint(IpAddress.parse(PEER), peer.getLocalPort());
        client.allocation().bind(peerEndpoint, client.nowNs());
        client.until(
                "channel",
                () ->
                        client.successes.contains(StunMethods.CHANNEL_BIND)
                                && client.allocation().sendChannel(peerEndpoint, client.nowNs())
                                        != null);
        client.sendTo(peerEndpoint, PING);
        var packet = new DatagramPacket(new byte[100], 100);
        peer.setSoTimeout(10_000);
        peer.receive(packet);
        assertThat(Arrays.copyOf(packet.getData(), packet.getLength())).isEqualTo(PING);
        var relayed = client.allocation().relayed().getFirst();
        assertThat(packet.getPort()).isEqualTo(relayed.port());

        client.received.clear();
        var address = InetAddress.getByAddress(relayed.address().toBytes());
        peer.send(new DatagramPacket(PONG, PONG.length, address, relayed.port()));
        client.until("data", () -> !client.received.isEmpty());
        assertThat(client.received).singleElement().isEqualTo(PONG);
    }
}
