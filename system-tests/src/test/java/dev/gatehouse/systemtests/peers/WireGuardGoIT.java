package dev.gatehouse.systemtests.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PrivateKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Our tunnel and the WireGuard of others, wireguard-go, with a preshared key.
@Tag("netns")
class WireGuardGoIT {
    private static final IpAddress OURS = IpAddress.parse("10.9.0.1");
    private static final IpAddress THEIRS = IpAddress.parse("10.9.0.2");
    private static final int THEIR_PORT = 51820;
    private static final int ICMP_OFFSET = 20;
    private static final int BURST = 64;
    private static final int FLOOD = 4_000;

    @TempDir private Path folder;

    private final byte[] ourSecret = secret();
    private final byte[] theirSecret = secret();
    private final byte[] shared = secret();
    private final KeyPair ourKeys = KeyPair.of(new PrivateKey(ourSecret));
    private final KeyPair theirKeys = KeyPair.of(new PrivateKey(theirSecret));

    @Test
    void asInitiatorWeMoveDataBothWaysAndAcrossOurRekey() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    try (var socket = new DatagramSocket(WireGuardEnd.loopback(0));
                            var we = end(socket, HandshakeGate.HANDSHAKES_PER_SECOND)) {
                        startTheirs(sandbox);
                        addPeer(sandbox, socket.getLocalPort());
                        we.startHandshake();
                        we.until("handshake", () -> we.handshakes() == 1);
                        exchange(we);

                        we.skip(Duration.ofSeconds(121));
                        we.until("rekey", () -> we.handshakes() == 2);

                        exchange(we);
                        assertThat(sandbox.exec("wg", "show", "wg0", "transfer"))
                                .doesNotContain("\t0");
                    }
                });
    }

    @Test
    void asResponderWeMoveDataBothWaysAndAcrossTheirNextHandshake() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    try (var socket = new DatagramSocket(WireGuardEnd.loopback(0));
                            var we = end(socket, HandshakeGate.HANDSHAKES_PER_SECOND)) {
                        startTheirs(sandbox);
                        addPeer(sandbox, socket.getLocalPort());
                        answerPing(sandbox, we);
                        assertThat(we.handshakes()).isEqualTo(1);
                        exchange(we);

                        sandbox.exec("wg", "set", "wg0", "peer", ourPublicKey(), "remove");
                        addPeer(sandbox, socket.getLocalPort());
                        answerPing(sandbox, we);

                        assertThat(we.handshakes()).isEqualTo(2);
                        exchange(we);
                    }
                });
    }

    @Test
    void underLoadTheyGetInWithOurCookie() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    try (var socket = new DatagramSocket(WireGuardEnd.loopback(0));
                            var we = end(socket, 0)) {
                        startTheirs(sandbox);
                        addPeer(sandbox, socket.getLocalPort());

                        answerPing(sandbox, we);

                        assertThat(we.cookiesGiven).isPositive();
                        assertThat(we.handshakes()).isEqualTo(1);
                    }
                });
    }

    @Test
    void whenTheyAreUnderLoadWeGetInWithTheirCookie() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    try (var socket = new DatagramSocket(WireGuardEnd.loopback(0));
                            var we = end(socket, HandshakeGate.HANDSHAKES_PER_SECOND)) {
                        startTheirs(sandbox);
                        addPeer(sandbox, socket.getLocalPort());
                        byte[] stranger = strangersInitiation();
                        while (we.cookiesTaken == 0) {
                            assertThat(we.handshakes()).as("let in without a cookie").isZero();
                            askUnderLoad(we, stranger);
                        }
                        int before = we.sentControls.size();

                        while (we.handshakes() == 0) {
                            askUnderLoad(we, stranger);
                        }

                        assertThat(mac2(we.sentControls.get(before))).isNotEqualTo(new byte[16]);
                        exchange(we);
                    }
                });
    }

    /// They count as loaded for a second after more handshakes waited than they like.
    private static void askUnderLoad(WireGuardEnd we, byte[] stranger) throws IOException {
        flood(stranger);
        we.turn(); // lets their socket drain
        we.skip(Duration.ofSeconds(6));
        we.startHandshake();
        we.turn();
        we.turn();
    }

    private WireGuardEnd end(DatagramSocket socket, int admittedPerSecond) {
        return new WireGuardEnd(
                ourKeys,
                theirKeys.publicKey(),
                new PresharedKey(shared),
                socket,
                WireGuardEnd.loopback(THEIR_PORT),
                admittedPerSecond);
    }

    private void startTheirs(Sandbox sandbox) throws Exception {
        Sandbox.require("wireguard-go", "wireguard-go");
        Sandbox.require("wg", "wireguard-tools");
        sandbox.start(
                        Program.Spec.of("wireguard-go", "--foreground", "wg0")
                                .with("LOG_LEVEL", "verbose"))
                .awaitText("UAPI listener started");
        sandbox.exec(
                "wg",
                "set",
                "wg0",
                "listen-port",
                Integer.toString(THEIR_PORT),
                "private-key",
                sandbox.file("key", base64(theirSecret)).toString());
        sandbox.exec("ip", "addr", "add", THEIRS + "/24", "dev", "wg0");
        sandbox.exec("ip", "link", "set", "wg0", "up");
    }

    private void addPeer(Sandbox sandbox, int port) throws Exception {
        sandbox.exec(
                "wg",
                "set",
                "wg0",
                "peer",
                ourPublicKey(),
                "preshared-key",
                sandbox.file("psk", base64(shared)).toString(),
                "endpoint",
                "127.0.0.1:" + port,
                "allowed-ips",
                OURS + "/32");
    }

    private String ourPublicKey() {
        return ourKeys.publicKey().toBase64();
    }

    /// A burst of ours that their kernel answers.
    private static void exchange(WireGuardEnd we) throws Exception {
        we.packets.clear();
        var burst = new byte[BURST][];
        for (int i = 0; i < BURST; i++) {
            burst[i] = Packets.echoRequest(OURS, THEIRS, i);
        }
        we.send(burst);
        we.until("replies", () -> we.packets.size() >= BURST);
        assertThat(we.packets).allMatch(packet -> packet[ICMP_OFFSET] == 0).hasSize(BURST);
    }

    /// Their kernel asks, we answer.
    private static void answerPing(Sandbox sandbox, WireGuardEnd we) throws Exception {
        we.packets.clear();
        var ping =
                sandbox.start(
                        Program.Spec.of(
                                "ping", "-c", "3", "-i", "0.2", "-w", "60", OURS.toString()));
        we.until(
                "pings",
                () -> {
                    answer(we);
                    return !ping.isAlive();
                });
        assertThat(ping.await()).as(ping.out()).isZero();
    }

    private static void answer(WireGuardEnd we) {
        for (byte[] packet : we.packets) {
            if (packet[ICMP_OFFSET] == 8) {
                try {
                    we.send(echoed(packet));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        we.packets.clear();
    }

    /// Addresses exchanged, request made reply: the header's checksum stays right.
    private static byte[] echoed(byte[] request) {
        var reply = ByteBuffer.wrap(request.clone());
        int source = reply.getInt(12);
        reply.putInt(12, reply.getInt(16)).putInt(16, source);
        reply.put(ICMP_OFFSET, (byte) 0);
        int sum = Short.toUnsignedInt(reply.getShort(ICMP_OFFSET + 2)) + 0x0800;
        reply.putShort(ICMP_OFFSET + 2, (short) (sum + (sum >> 16)));
        return reply.array();
    }

    /// Somebody they do not know, but who knows their public key.
    private byte[] strangersInitiation() throws Exception {
        try (var socket = new DatagramSocket(WireGuardEnd.loopback(0));
                var catcher = new DatagramSocket(WireGuardEnd.loopback(0));
                var stranger =
                        new WireGuardEnd(
                                KeyPair.of(new PrivateKey(secret())),
                                theirKeys.publicKey(),
                                new PresharedKey(shared),
                                socket,
                                WireGuardEnd.loopback(catcher.getLocalPort()),
                                1)) {
            stranger.startHandshake();
            stranger.turn();
            return stranger.sentControls.getFirst();
        }
    }

    /// From a socket of its own, which nobody reads.
    private static void flood(byte[] datagram) throws IOException {
        try (var socket = new DatagramSocket(WireGuardEnd.loopback(0))) {
            var theirs = WireGuardEnd.loopback(THEIR_PORT);
            var packet = new DatagramPacket(datagram, datagram.length, theirs);
            for (int i = 0; i < FLOOD; i++) {
                socket.send(packet);
            }
        }
    }

    private static byte[] mac2(byte[] initiation) {
        return Arrays.copyOfRange(initiation, initiation.length - 16, initiation.length);
    }

    private static byte[] secret() {
        var bytes = new byte[32];
        RandomGenerator.getDefault().nextBytes(bytes);
        return bytes;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes) + "\n";
    }
}
