package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
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
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Our TURN client on a UDP socket of its own, with a clock that can be put forward.
final class TurnClient implements AutoCloseable {
    private static final int DATAGRAM_MAX = 2048;
    private static final int WAIT_MS = 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    final List<byte[]> received = new ArrayList<>();
    final List<Integer> errors = new ArrayList<>();
    final List<Integer> successes = new ArrayList<>();

    private final DatagramSocket socket;
    private final long originNs = System.nanoTime();
    private final Allocation allocation;
    private long skippedNs;

    TurnClient(RelayInfo relay, String address) throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(address, 0));
        socket.setSoTimeout(WAIT_MS);
        allocation = Allocation.start(relay, "gatehouse", RandomGenerator.getDefault(), 0);
    }

    Allocation allocation() {
        return allocation;
    }

    long nowNs() {
        return System.nanoTime() - originNs + skippedNs;
    }

    /// Puts the client's clock forward.
    void skip(Duration time) {
        skippedNs += time.toNanos();
    }

    void sendTo(Endpoint peer, byte[] payload) throws IOException {
        var channel = allocation.sendChannel(peer, nowNs());
        assertThat(channel).isNotNull();
        var datagram = ByteBuffer.allocate(ChannelData.HEADER_LENGTH + payload.length);
        ChannelData.writeHeader(datagram, 0, channel.number(), payload.length);
        datagram.put(ChannelData.HEADER_LENGTH, payload);
        send(allocation.activeServer(), datagram.array());
    }

    private void send(Endpoint to, byte[] datagram) throws IOException {
        var address = InetAddress.getByAddress(to.address().toBytes());
        socket.send(new DatagramPacket(datagram, datagram.length, address, to.port()));
    }

    /// Sends and receives until `done`.
    void until(String what, BooleanSupplier done) throws IOException {
        long endNs = System.nanoTime() + LIMIT.toNanos();
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("%s: successes %s, errors %s", what, successes, errors)
                    .isLessThan(endNs);
            turn();
        }
    }

    private void turn() throws IOException {
        if (allocation.pollTimeout() <= nowNs()) {
            allocation.handleTimeout(nowNs());
        }
        drain();
        var packet = new DatagramPacket(new byte[DATAGRAM_MAX], DATAGRAM_MAX);
        try {
            socket.receive(packet);
        } catch (SocketTimeoutException _) {
            return;
        }
        handle(packet);
        drain();
    }

    private void drain() throws IOException {
        for (var next = allocation.pollTransmit(); next != null; next = allocation.pollTransmit()) {
            send(next.remote(), next.payload().bytes());
        }
    }

    private void handle(DatagramPacket packet) {
        byte[] bytes = Arrays.copyOf(packet.getData(), packet.getLength());
        var buffer = ByteBuffer.wrap(bytes);
        if (ChannelData.isChannelData(bytes[0])) {
            int number = Short.toUnsignedInt(buffer.getShort(0));
            int length = Short.toUnsignedInt(buffer.getShort(2));
            assertThat(allocation.receiveOn(number, nowNs())).isNotNull();
            received.add(Arrays.copyOfRange(bytes, 4, 4 + length));
            return;
        }
        assertThat(StunMessage.decode(buffer, 0, bytes.length)).isInstanceOf(StunMessage.class);
        var message = (StunMessage) StunMessage.decode(buffer, 0, bytes.length);
        message.errorCode().ifPresentOrElse(errors::add, () -> successes.add(message.method()));
        var from =
                new Endpoint(IpAddress.ofBytes(packet.getAddress().getAddress()), packet.getPort());
        allocation.handleMessage(message, local(), from, nowNs());
    }

    private Endpoint local() {
        return new Endpoint(
                IpAddress.ofBytes(socket.getLocalAddress().getAddress()), socket.getLocalPort());
    }

    @Override
    public void close() {
        socket.close();
    }
}
