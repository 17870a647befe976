package dev.gatehouse.systemtests.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.SealedBatch;
import dev.gatehouse.wireguard.TunnelEvent;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Our WireGuard tunnel on a UDP socket of its own, with a clock that can be put forward.
final class WireGuardEnd implements AutoCloseable {
    private static final int DATAGRAM_MAX = 2048;
    private static final int WAIT_MS = 20;
    private static final long GIVE_UP_NS = Duration.ofHours(1).toNanos(); // the clock may jump
    private static final Duration LIMIT = Duration.ofSeconds(60);

    final List<byte[]> packets = new ArrayList<>();
    final List<TunnelEvent> events = new ArrayList<>();
    final List<byte[]> sentControls = new ArrayList<>();
    int cookiesTaken;
    int cookiesGiven;

    private final WireGuardTunnel tunnel;
    private final HandshakeGate gate;
    private final DatagramSocket socket;
    private final InetSocketAddress remote;
    private final long originNs = System.nanoTime();
    private long skippedNs;

    /// @param admittedPerSecond handshake messages that pass without a cookie
    WireGuardEnd(
            KeyPair local,
            PublicKey peer,
            PresharedKey psk,
            DatagramSocket socket,
            InetSocketAddress remote,
            int admittedPerSecond) {
        var random = RandomGenerator.getDefault();
        this.socket = socket;
        this.remote = remote;
        gate = new HandshakeGate(local.publicKey(), admittedPerSecond, random, 0);
        tunnel =
                new WireGuardTunnel(
                        local,
                        peer,
                        psk,
                        7,
                        new WireGuardPolicy(GIVE_UP_NS),
                        Aeads.choose(Optional.empty()),
                        random,
                        System.currentTimeMillis() * 1_000_000,
                        0);
    }

    private long nowNs() {
        return System.nanoTime() - originNs + skippedNs;
    }

    /// Puts this side's clock forward.
    void skip(Duration time) {
        skippedNs += time.toNanos();
    }

    void startHandshake() {
        tunnel.startHandshake(nowNs());
    }

    long handshakes() {
        return events.stream().filter(TunnelEvent.HANDSHAKE_COMPLETED::equals).count();
    }

    void send(byte[]... plain) throws IOException {
        var out = new SealedBatch(ByteBuffer.allocateDirect(plain.length * DATAGRAM_MAX), 128);
        out.reset(0, 0);
        int bytes = tunnel.seal(Packets.batch(plain), 0, plain.length, out, nowNs());
        assertThat(bytes).as("bytes sealed").isPositive();
        for (int i = 0; i < out.count(); i++) {
            var datagram = new byte[out.length(i)];
            out.buffer().get(out.offset(i), datagram);
            send(datagram);
        }
    }

    private void send(byte[] datagram) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length, remote));
    }

    /// Sends and receives until `done`.
    void until(String what, BooleanSupplier done) throws IOException {
        long endNs = System.nanoTime() + LIMIT.toNanos();
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s: %s", what, this).isLessThan(endNs);
            turn();
        }
    }

    /// One turn of a shard: timers, what is to be sent, what came.
    void turn() throws IOException {
        if (tunnel.pollTimeout() <= nowNs()) {
            tunnel.handleTimeout(nowNs());
        }
        drain();
        receive();
        drain();
    }

    private void drain() throws IOException {
        for (var next = tunnel.pollControl(); next != null; next = tunnel.pollControl()) {
            sentControls.add(next);
            send(next);
        }
        for (var next = tunnel.pollEvent(); next != null; next = tunnel.pollEvent()) {
            events.add(next);
        }
    }

    private void receive() throws IOException {
        var packet = new DatagramPacket(new byte[DATAGRAM_MAX], DATAGRAM_MAX);
        socket.setSoTimeout(WAIT_MS);
        try {
            socket.receive(packet);
        } catch (SocketTimeoutException _) {
            return;
        }
        handle(Arrays.copyOf(packet.getData(), packet.getLength()));
    }

    private void handle(byte[] datagram) throws IOException {
        var buffer = ByteBuffer.allocateDirect(datagram.length).put(0, datagram);
        switch (MessageType.of(buffer, 0, datagram.length)) {
            case MessageType.INITIATION, MessageType.RESPONSE -> admit(buffer, datagram.length);
            case MessageType.COOKIE_REPLY -> handshake(buffer, datagram.length);
            case MessageType.DATA -> open(buffer, datagram.length);
            default -> throw new IOException("not WireGuard: " + Arrays.toString(datagram));
        }
    }

    private void admit(ByteBuffer buffer, int length) throws IOException {
        var source = IpAddress.ofBytes(remote.getAddress().getAddress());
        switch (gate.admit(buffer, 0, length, source, nowNs())) {
            case HandshakeGate.Decision.OK -> handshake(buffer, length);
            case HandshakeGate.Decision.DROP -> throw new IOException("mac1 is wrong");
            case HandshakeGate.Decision.EXCESS -> throw new IOException("too many handshakes");
            case HandshakeGate.CookieReply reply -> {
                cookiesGiven++;
                send(reply.datagram());
            }
        }
    }

    private void handshake(ByteBuffer buffer, int length) {
        var outcome = tunnel.handleHandshake(buffer, 0, length, nowNs());
        if (outcome == Outcome.Accepted.COOKIE_REPLY) {
            cookiesTaken++;
        }
    }

    private void open(ByteBuffer buffer, int length) {
        var batch = new PacketBatch(buffer, 1);
        batch.add(0, length, 0);
        if (tunnel.open(batch, 0, 1, nowNs()) > 0) {
            packets.add(Packets.copy(batch, 0));
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public String toString() {
        return "%d packets, events %s, %d controls sent, cookies %d taken, %d given"
                .formatted(packets.size(), events, sentControls.size(), cookiesTaken, cookiesGiven);
    }

    @Override
    public void close() {
        tunnel.close();
        gate.close();
    }
}
