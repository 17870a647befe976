package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.dns.DnsRefusals.What;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One client does its worst to the gateway's DNS server; another one is answered.
class HostileDnsClientTest {
    private static final String HOST = "127.0.0.1";
    private static final String HOSTILE = "127.0.0.2";
    private static final String HONEST = "127.0.0.3";
    private static final String STRANGER = "127.0.0.4";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int FLOOD_BYTES = 48 << 20;

    @TempDir private Path temporary;
    private final Vertx vertx = Vertx.vertx();
    private int upstreamPort;
    private int port;
    private TunnelDnsServer server;

    @BeforeEach
    void start() throws Exception {
        upstreamPort = freePort();
        port = freePort();
        startUpstream();
        var file = Files.writeString(temporary.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
        server =
                new TunnelDnsServer(
                        vertx,
                        port,
                        upstreamPort,
                        file,
                        () -> true,
                        client -> !client.equals(IpAddress.parse(STRANGER)));
        await(server.listenOn(List.of(IpAddress.parse(HOST))));
        Eventually.becomes("nameservers are measured", LIMIT, this::isAnsweredOverTcp);
        Eventually.becomes("nameservers are measured", LIMIT, this::isAnsweredOverUdp);
    }

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    @Test
    void whoReadsNoAnswersIsNotHeard() throws Exception {
        try (var hostile = connect(HOSTILE)) {
            hostile.configureBlocking(false);
            var queries = queries(2_000);
            long sent = 0;
            for (int blocked = 0; blocked < 10; ) {
                long before = sent;
                for (int n = hostile.write(queries); n > 0; n = hostile.write(queries)) {
                    sent += n;
                    if (!queries.hasRemaining()) {
                        queries.rewind();
                    }
                    assertThat(sent).as("bytes of queries taken").isLessThan(FLOOD_BYTES);
                }
                blocked = sent == before ? blocked + 1 : 0;
                assertThat(isAnsweredOverTcp()).isTrue();
            }
            assertThat(server.bytesWaiting()).isLessThanOrEqualTo(DnsConnections.CLIENT_BYTES_MAX);
        }
        Eventually.becomes("what waited is forgotten", LIMIT, () -> server.bytesWaiting() == 0);
    }

    /// More than one buffer holds, read at last: every query of a pipeline is answered, in a loop.
    @Test
    void aLongPipelineIsAnsweredWhole() throws Exception {
        int count = 5_000;
        try (var client = new Socket()) {
            client.bind(new InetSocketAddress(HONEST, 0));
            client.connect(new InetSocketAddress(HOST, port));
            client.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            var bytes = queries(count).array();
            var writing =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            client.getOutputStream().write(bytes);
                                        } catch (IOException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    });
            var in = new DataInputStream(client.getInputStream());
            for (int i = 0; i < count; i++) {
                assertThat(in.readNBytes(in.readUnsignedShort())).isNotEmpty();
            }
            writing.join();
        }
    }

    @Test
    void aClientHasAShareOfConnections() throws Exception {
        var open = new ArrayList<SocketChannel>();
        for (int i = 0; i < DnsConnections.CLIENT_MAX + 50; i++) {
            open.add(connect(HOSTILE));
        }
        Eventually.becomes("50 are refused", LIMIT, () -> refused(What.CONNECTION) == 50);
        assertThat(isAnsweredOverTcp()).isTrue();
        for (var each : open) {
            each.close();
        }
        Eventually.becomes("they are gone", LIMIT, () -> server.connectionsOpen() <= 1);
    }

    @Test
    void aClientHasAShareOfQueries() throws Exception {
        try (var hostile = udp(HOSTILE)) {
            Eventually.becomes("excess is refused", LIMIT, () -> isRefused(hostile));
            assertThat(isAnsweredOverUdp()).isTrue();
            assertThat(isAnsweredOverTcp()).isTrue();
        }
    }

    /// A few at a time: a socket's buffer holds no more.
    private boolean isRefused(DatagramSocket hostile) throws IOException {
        for (int i = 0; i < 100; i++) {
            hostile.send(packet(query(i, "silent.example.com")));
        }
        return refused(What.QUERY) > 0;
    }

    /// After a restart of the gateway all clients ask for all their names; some at a time, as a
    /// socket's buffer holds no more.
    @Test
    void aThousandClientsMayAskTenNamesEach() throws Exception {
        for (int group = 0; group < 100; group++) {
            var clients = new ArrayList<DatagramSocket>();
            for (int i = 0; i < 10; i++) {
                clients.add(udp("127.1.%d.%d".formatted(group, 1 + i)));
                for (int id = 0; id < 10; id++) {
                    clients.getLast().send(packet(query(id, "a.example.com")));
                }
            }
            for (var client : clients) {
                client.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
                for (int id = 0; id < 10; id++) {
                    var answer = new DatagramPacket(new byte[512], 512);
                    client.receive(answer);
                    assertThat(isGood(answer.getData())).isTrue();
                }
                client.close();
            }
        }
        assertThat(refused(What.QUERY)).isZero();
    }

    /// One of ours opens a connection for each name.
    @Test
    void aBrowserMayAskForManyNamesAtOnceOverTcp() throws Exception {
        var open = new ArrayList<SocketChannel>();
        for (int i = 0; i < 300; i++) {
            open.add(connect(HOSTILE));
            open.getLast().write(queries(1));
        }
        for (var each : open) {
            var length = ByteBuffer.allocate(2);
            assertThat(each.read(length)).isPositive();
            each.close();
        }
        assertThat(refused(What.CONNECTION) + refused(What.QUERY)).isZero();
    }

    @Test
    void whatIsNoQueryOfAResolverEndsTheConnection() throws Exception {
        for (int length : new int[] {0, DnsConnections.QUERY_LENGTH_MAX + 1, 65_535}) {
            try (var client = connect(HOSTILE)) {
                var head = ByteBuffer.allocate(2).putShort((short) length).flip();
                client.write(head);
                assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
        }
        assertThat(refused(What.BYTES)).isEqualTo(3);
    }

    @Test
    void strangersAreNotAnswered() throws Exception {
        try (var stranger = connect(STRANGER)) {
            assertThat(stranger.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        try (var stranger = udp(STRANGER)) {
            stranger.send(packet(query(1, "a.example.com")));
            Eventually.becomes("both are counted", LIMIT, () -> refused(What.STRANGER) == 2);
        }
    }

    @Test
    void silenceEndsAConnectionAndSoDoesAge() throws Exception {
        var nowNs = new AtomicLong();
        var refusals = new DnsRefusals();
        var connections =
                new DnsConnections(
                        nowNs::get, refusals, (_, query) -> Future.succeededFuture(query));
        int other = freePort();
        var context = vertx.getOrCreateContext();
        var client = IpAddress.parse(HOST);
        var listening = Promise.<Void>promise();
        context.runOnContext(
                _ ->
                        vertx.createNetServer(DnsConnections.options())
                                .connectHandler(socket -> connections.serve(client, socket))
                                .listen(other, HOST)
                                .<Void>mapEmpty()
                                .onComplete(listening));
        await(listening.future());

        try (var quiet = new Socket(HOST, other);
                var busy = new Socket(HOST, other)) {
            quiet.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            busy.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            exchange(busy);
            exchange(quiet);
            awaitTurn(context); // until the server knows that its answers are written
            nowNs.set(DnsConnections.SILENT_MAX.toNanos() - 1);
            exchange(busy);
            awaitTurn(context);
            nowNs.addAndGet(2);
            context.runOnContext(_ -> connections.handleTimeout());
            assertThat(quiet.getInputStream().read()).isEqualTo(-1);
            exchange(busy);
            assertThat(refusals.get(What.SILENCE)).isEqualTo(1);

            nowNs.set(DnsConnections.LIFE_MAX.toNanos() - 1);
            exchange(busy);
            awaitTurn(context);
            nowNs.addAndGet(2);
            context.runOnContext(_ -> connections.handleTimeout());
            assertThat(busy.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(refusals.get(What.SILENCE)).isEqualTo(1);
    }

    private static void awaitTurn(Context context) throws Exception {
        var turn = Promise.<Void>promise();
        context.runOnContext(_ -> turn.complete());
        await(turn.future());
    }

    private static void exchange(Socket socket) throws IOException {
        var frame = DnsFraming.frame(query(1, "a.example.com")).getBytes();
        socket.getOutputStream().write(frame);
        assertThat(socket.getInputStream().readNBytes(frame.length)).isEqualTo(frame);
    }

    private long refused(What what) {
        return server.refusals().get(what);
    }

    private boolean isAnsweredOverTcp() throws Exception {
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(HONEST, 0));
            socket.connect(new InetSocketAddress(HOST, port));
            socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            socket.getOutputStream().write(DnsFraming.frame(query(7, "a.example.com")).getBytes());
            var in = new DataInputStream(socket.getInputStream());
            return isGood(in.readNBytes(in.readUnsignedShort()));
        }
    }

    private boolean isAnsweredOverUdp() throws Exception {
        try (var socket = udp(HONEST)) {
            socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            socket.send(packet(query(7, "a.example.com")));
            var answer = new DatagramPacket(new byte[512], 512);
            socket.receive(answer);
            return isGood(answer.getData());
        }
    }

    private static boolean isGood(byte[] answer) {
        return (answer[3] & 0xF) == 0;
    }

    private SocketChannel connect(String from) throws IOException {
        var channel = SocketChannel.open();
        channel.bind(new InetSocketAddress(from, 0));
        channel.connect(new InetSocketAddress(HOST, port));
        return channel;
    }

    private static DatagramSocket udp(String from) throws IOException {
        return new DatagramSocket(new InetSocketAddress(from, 0));
    }

    private DatagramPacket packet(Buffer query) {
        return new DatagramPacket(
                query.getBytes(), query.length(), new InetSocketAddress(HOST, port));
    }

    private static ByteBuffer queries(int count) {
        var all = Buffer.buffer();
        for (int i = 0; i < count; i++) {
            all.appendBuffer(DnsFraming.frame(query(i & 0xFFFF, "a.example.com")));
        }
        return ByteBuffer.wrap(all.getBytes());
    }

    private static Buffer query(int id, String name) {
        return DnsMessage.queryForA(id, name);
    }

    /// Echoes the question, but for names that begin with "silent"; over TCP it says a lot more.
    private void startUpstream() throws Exception {
        var udp = vertx.createDatagramSocket();
        udp.handler(
                p -> {
                    if (!p.data().toString(StandardCharsets.ISO_8859_1).contains("silent")) {
                        udp.send(reply(p.data(), 0), p.sender().port(), p.sender().host());
                    }
                });
        await(udp.listen(upstreamPort, HOST));
        var tcp = vertx.createNetServer();
        tcp.connectHandler(
                socket ->
                        socket.handler(
                                DnsFraming.reader(
                                        q -> socket.write(DnsFraming.frame(reply(q, 4_000))))));
        await(tcp.listen(upstreamPort, HOST));
    }

    private static Buffer reply(Buffer query, int more) {
        return query.copy().setUnsignedShort(2, 0x8180).appendBytes(new byte[more]);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
