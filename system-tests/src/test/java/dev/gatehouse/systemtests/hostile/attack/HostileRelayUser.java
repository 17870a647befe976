package dev.gatehouse.systemtests.hostile.attack;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.systemtests.hostile.attack.Input.Effort;
import dev.gatehouse.systemtests.hostile.site.Place;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/// Somebody with a good login at the relay, at one address.
final class HostileRelayUser implements Attacker.Role {
    private static final int REQUESTS = 6_000; // in one input
    private static final int ALLOCATIONS = 500;
    private static final int HELD_MAX = 500; // sockets
    private static final int DATAGRAM_LENGTH_MAX = 1_200;
    private static final int ANSWER_MS = 2_000;
    private static final int TRIES = 5;
    private static final SocketAddress RELAY =
            new InetSocketAddress(Place.PORTAL, Place.RELAY_PORT);

    private final String username;
    private final byte[] key;
    private final Queue<DatagramSocket> held = new ArrayDeque<>();
    private final DatagramSocket main;
    private String nonce = "";

    private HostileRelayUser(String username, String password) throws IOException {
        this.username = username;
        key = TurnCredentials.longTermKey(username, TurnCredentials.REALM, password);
        main = open();
    }

    static HostileRelayUser logIn() throws IOException {
        try (var client = HostileClient.logIn()) {
            JsonNode relay = client.relay();
            var user =
                    new HostileRelayUser(
                            relay.path("username").asText(), relay.path("password").asText());
            user.allocateAndAwait();
            return user;
        }
    }

    @Override
    public List<Input> inputs() {
        return List.of(
                new Input("allocations", this::allocations),
                new Input("allocate-again", e -> flood(e, this::allocate)),
                new Input("allocate-unsigned", e -> flood(e, HostileRelayUser::unsigned)),
                new Input("bad-signatures", e -> flood(e, this::badlySigned)),
                new Input("stale-nonces", e -> flood(e, this::stale)),
                new Input("refreshes", e -> flood(e, this::refresh)),
                new Input("permissions", e -> flood(e, this::permission)),
                new Input("channel-binds", e -> flood(e, this::bind)),
                new Input("channel-data", e -> flood(e, HostileRelayUser::channelData)),
                new Input("bindings", e -> flood(e, HostileRelayUser::binding)));
    }

    private static DatagramSocket open() throws IOException {
        var local = new InetSocketAddress(InetAddress.getByName(Place.HOSTILE), 0);
        var socket = new DatagramSocket(local);
        socket.setSoTimeout(ANSWER_MS);
        return socket;
    }

    /// Learns the nonce by being challenged.
    private void allocateAndAwait() throws IOException {
        for (int i = 0; i < TRIES; i++) {
            send(main, allocate(new java.util.SplittableRandom(i), i));
            var packet = new DatagramPacket(new byte[DATAGRAM_LENGTH_MAX], DATAGRAM_LENGTH_MAX);
            try {
                main.receive(packet);
            } catch (SocketTimeoutException _) {
                continue;
            }
            var bytes = Arrays.copyOf(packet.getData(), packet.getLength());
            if (StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length)
                    instanceof StunMessage answer) {
                if (!answer.xorRelayedAddresses().isEmpty()) {
                    return;
                }
                nonce = answer.nonce().orElse(nonce);
            }
        }
        throw new IOException("no allocation");
    }

    /// Makes the datagram of a number.
    private interface Datagrams {
        byte[] of(RandomGenerator random, int number);
    }

    private void flood(Effort effort, Datagrams datagrams) throws IOException {
        for (int i = 0; effort.goesOn(i, REQUESTS); i++) {
            effort.keepPace(i);
            send(main, datagrams.of(effort.random(), i));
        }
    }

    private static void send(DatagramSocket socket, byte[] bytes) throws IOException {
        socket.send(new DatagramPacket(bytes, bytes.length, RELAY));
    }

    /// One for each port.
    private void allocations(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, ALLOCATIONS); i++) {
            if (held.size() >= HELD_MAX) {
                held.remove().close();
            }
            var socket = open();
            held.add(socket);
            send(socket, allocate(effort.random(), i));
        }
    }

    private static StunWriter request(RandomGenerator random, int method) {
        return new StunWriter(MessageClass.REQUEST, method, TransactionId.random(random));
    }

    private byte[] signed(RandomGenerator random, int method, UnaryOperator<StunWriter> more) {
        var writer = more.apply(request(random, method)).username(username);
        writer.realm(TurnCredentials.REALM);
        return (nonce.isEmpty() ? writer : writer.nonce(nonce)).buildSigned(key);
    }

    private byte[] allocate(RandomGenerator random, int number) {
        return signed(random, StunMethods.ALLOCATE, StunWriter::requestedTransportUdp);
    }

    private static byte[] unsigned(RandomGenerator random, int number) {
        return request(random, StunMethods.ALLOCATE).requestedTransportUdp().build();
    }

    private byte[] badlySigned(RandomGenerator random, int number) {
        return request(random, StunMethods.ALLOCATE)
                .requestedTransportUdp()
                .username(username)
                .realm(TurnCredentials.REALM)
                .nonce(nonce)
                .buildSigned(new byte[16]);
    }

    private byte[] stale(RandomGenerator random, int number) {
        return request(random, StunMethods.REFRESH)
                .username(username)
                .realm(TurnCredentials.REALM)
                .nonce("none-" + number)
                .buildSigned(key);
    }

    private byte[] refresh(RandomGenerator random, int number) {
        return signed(random, StunMethods.REFRESH, w -> w.lifetime(600 + number % 3_000));
    }

    private static Endpoint peer(int number) {
        return new Endpoint(IpAddress.parse("10.99.0." + (40 + number % 80)), 1_024 + number);
    }

    private byte[] permission(RandomGenerator random, int number) {
        return signed(random, StunMethods.CREATE_PERMISSION, w -> w.xorPeerAddress(peer(number)));
    }

    private byte[] bind(RandomGenerator random, int number) {
        return signed(
                random,
                StunMethods.CHANNEL_BIND,
                w -> w.channelNumber(channel(number)).xorPeerAddress(peer(number)));
    }

    private static int channel(int number) {
        return ChannelData.MIN + number % (ChannelData.MAX - ChannelData.MIN + 1);
    }

    private static byte[] channelData(RandomGenerator random, int number) {
        int length = random.nextInt(1_000);
        var datagram = ByteBuffer.allocate(ChannelData.HEADER_LENGTH + length);
        ChannelData.writeHeader(datagram, 0, channel(number), length);
        return datagram.array();
    }

    private static byte[] binding(RandomGenerator random, int number) {
        return request(random, StunMethods.BINDING).build();
    }

    @Override
    public void close() {
        held.forEach(DatagramSocket::close);
        main.close();
    }
}
