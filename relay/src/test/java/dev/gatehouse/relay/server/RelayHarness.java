package dev.gatehouse.relay.server;

import dev.gatehouse.relay.server.allocation.RelayAction;
import dev.gatehouse.relay.server.login.LongTermKeys;
import dev.gatehouse.relay.server.login.StampSecret;
import dev.gatehouse.relay.server.login.Username;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/// A relay in virtual time: inputs go in as bytes, outputs come out as comparable records.
final class RelayHarness {
    /// What the relay did, in order.
    sealed interface Output {
        record Sent(Endpoint from, Endpoint to, List<String> datagrams) implements Output {}

        record Opened(int port, Family family) implements Output {}

        record Closed(int port, Family family) implements Output {}
    }

    static final String SECRET = "4c98bf59c99b3e467ecd7cf9d6b3e5279645fca59be67bc5bb4af3cf653761ab";
    static final String SOFTWARE = "gatehouse-relay";
    static final Endpoint LISTENER_V4 = Endpoint.parse("203.0.113.1:3478");
    static final Endpoint LISTENER_V6 = Endpoint.parse("[2001:db8::1]:3478");
    static final Endpoint CLIENT_V4 = Endpoint.parse("198.51.100.7:50000");
    static final Endpoint CLIENT_V6 = Endpoint.parse("[2001:db8:7::7]:50000");
    static final Endpoint PEER_V4 = Endpoint.parse("192.0.2.5:52625");
    static final Endpoint PEER_V6 = Endpoint.parse("[2001:db8:5::5]:52625");
    static final String USER = "1892160000:alice";
    static final long SECOND_NS = 1_000_000_000L;
    static final long UNIX_ORIGIN_NS = 1_700_000_000L * SECOND_NS;
    static final int LOWEST_PORT = 49152;

    private static final int BUFFER_BYTES = 32 + 65_535 + 16;

    final RelayServer server;
    long nowNs;
    private final DatagramBatch batch = new DatagramBatch(PacketBatch.allocate(BUFFER_BYTES, 128));
    private int transactions;
    private int lastMethod;

    RelayHarness(RelayConfig config) {
        this(config, new StampSecret(SECRET), new SequentialRandom());
    }

    RelayHarness(RelayConfig config, LongTermKeys keys, RandomGenerator random) {
        server = new RelayServer(config, keys, random, UNIX_ORIGIN_NS);
    }

    static RelayHarness dualStack() {
        return new RelayHarness(config(true, true));
    }

    static RelayConfig config(boolean v4, boolean v6) {
        return config(v4, v6, 65535, RelayLimits.DEFAULT);
    }

    static RelayConfig config(boolean v4, boolean v6, int highestPort, RelayLimits limits) {
        Optional<IpAddress> publicV4 = v4 ? Optional.of(LISTENER_V4.address()) : Optional.empty();
        Optional<IpAddress> publicV6 = v6 ? Optional.of(LISTENER_V6.address()) : Optional.empty();
        return new RelayConfig(
                publicV4, publicV6, 3478, LOWEST_PORT, highestPort, SOFTWARE, limits, List.of());
    }

    static Endpoint listener(Endpoint client) {
        return client.isV4() ? LISTENER_V4 : LISTENER_V6;
    }

    /// Sends datagrams from a client to the listening port of its family.
    List<Output> fromClient(Endpoint client, byte[]... datagrams) {
        return handle(listener(client), client, datagrams);
    }

    List<Output> fromPeer(Endpoint peer, int port, byte[]... datagrams) {
        return handle(new Endpoint(listener(peer).address(), port), peer, datagrams);
    }

    List<Output> handle(Endpoint local, Endpoint remote, byte[]... datagrams) {
        give(local, remote, datagrams);
        return drain();
    }

    /// For tests that drain the actions one by one.
    void handleWithoutDraining(Endpoint client, byte[] datagram) {
        give(listener(client), client, datagram);
    }

    private void give(Endpoint local, Endpoint remote, byte[]... datagrams) {
        batch.reset(local, remote);
        int offset = PacketBatch.HEADROOM_LENGTH;
        for (byte[] datagram : datagrams) {
            batch.packets().buffer().put(offset, datagram);
            batch.packets().add(offset, datagram.length, 0);
            offset += datagram.length;
        }
        server.handleDatagrams(batch, nowNs);
    }

    List<Output> advance(long seconds) {
        nowNs += seconds * SECOND_NS;
        server.handleTimeout(nowNs);
        return drain();
    }

    List<Output> drain() {
        var outputs = new ArrayList<Output>();
        for (var action = server.pollAction(); action != null; action = server.pollAction()) {
            outputs.add(
                    switch (action) {
                        case RelayAction.Send(var transmit) -> sent(transmit);
                        case RelayAction.OpenPort(int port, var family) ->
                                new Output.Opened(port, family);
                        case RelayAction.ClosePort(int port, var family) ->
                                new Output.Closed(port, family);
                    });
        }
        return outputs;
    }

    private static Output.Sent sent(Transmit transmit) {
        var datagrams = new ArrayList<String>();
        int at = 0;
        do {
            int length = Math.min(transmit.segmentLength(), transmit.length() - at);
            var bytes = new byte[length];
            transmit.buffer().get(transmit.offset() + at, bytes);
            datagrams.add(HexFormat.of().formatHex(bytes));
            at += length;
        } while (at < transmit.length());
        return new Output.Sent(transmit.local(), transmit.remote(), datagrams);
    }

    TransactionId nextTransaction() {
        return new TransactionId(0xCAFE, 0, ++transactions);
    }

    /// The method of [#lastTransaction].
    int lastMethod() {
        return lastMethod;
    }

    TransactionId lastTransaction() {
        return new TransactionId(0xCAFE, 0, transactions);
    }

    /// A request with transaction [#lastTransaction].
    StunWriter request(int method) {
        lastMethod = method;
        return new StunWriter(MessageClass.REQUEST, method, nextTransaction());
    }

    /// A request of [#USER] with the nonce of the `n`-th socket that got one.
    byte[] signed(int method, int n, UnaryOperator<StunWriter> attributes) {
        return signed(method, USER, nonce(n), attributes);
    }

    byte[] signed(int method, String user, String nonce, UnaryOperator<StunWriter> attributes) {
        return attributes
                .apply(request(method))
                .username(user)
                .realm("firezone")
                .nonce(nonce)
                .buildSigned(key(user));
    }

    /// The `n`-th nonce that [SequentialRandom] yields, counted from 1; the first number drawn is
    /// the salt of the token buckets.
    static String nonce(int n) {
        return new UUID(2L * n, 2L * n + 1).toString();
    }

    static byte[] key(String user) {
        var username = Username.parse(user).orElseThrow();
        String password = TurnCredentials.password(username.expiry(), SECRET, username.salt());
        return TurnCredentials.longTermKey(user, "firezone", password);
    }

    /// Fetches the nonce of a socket, as a client does with its first Allocate.
    void fetchNonce(Endpoint client) {
        fromClient(client, request(StunMethods.ALLOCATE).requestedTransportUdp().build());
    }

    /// Gives `client` an allocation of both families with nonce `n`; its port counts up.
    void allocate(Endpoint client, int n, String user) {
        fetchNonce(client);
        fromClient(
                client,
                signed(
                        StunMethods.ALLOCATE,
                        user,
                        nonce(n),
                        w -> w.requestedTransportUdp().additionalAddressFamilyIpv6()));
    }

    List<Output> bind(Endpoint client, int n, int channel, Endpoint peer) {
        return fromClient(
                client,
                signed(
                        StunMethods.CHANNEL_BIND,
                        n,
                        w -> w.channelNumber(channel).xorPeerAddress(peer)));
    }

    StunWriter success(int method) {
        return new StunWriter(MessageClass.SUCCESS, method, lastTransaction()).software(SOFTWARE);
    }

    StunWriter error(int method, int code, String reason) {
        return new StunWriter(MessageClass.ERROR, method, lastTransaction())
                .software(SOFTWARE)
                .errorCode(code, reason);
    }

    /// The one expected output: a reply to `client`.
    static List<Output> reply(Endpoint client, byte[] message) {
        return List.of(new Output.Sent(listener(client), client, List.of(hex(message))));
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] channelData(int channel, byte[] payload) {
        var datagram = ByteBuffer.allocate(4 + payload.length);
        ChannelData.writeHeader(datagram, 0, channel, payload.length);
        return datagram.put(4, payload).array();
    }

    /// Counts up, so that ports and nonces are known beforehand.
    static final class SequentialRandom implements RandomGenerator {
        private long next = 1;
        private int nextInRange;

        @Override
        public long nextLong() {
            return next++;
        }

        @Override
        public int nextInt(int origin, int bound) {
            return origin + nextInRange++ % (bound - origin);
        }
    }
}
