package dev.gatehouse.client.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.wire.IpAddress;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a program on the client's own host can make of the DNS server there.
class TcpDnsTest {
    private static final String HOST = "127.0.0.1";
    private static final String SENTINEL = "127.0.0.2";
    private static final String STRANGER = "127.0.0.3";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int FLOOD_BYTES = 48 << 20;

    private final LinkedBlockingQueue<TcpDnsQuery> queries = new LinkedBlockingQueue<>();
    private int port;
    private TcpDns dns;

    @BeforeEach
    void start() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            port = socket.getLocalPort();
        }
        dns =
                new TcpDns(
                        queries::add,
                        (_, _) -> true,
                        port,
                        address -> !address.equals(IpAddress.parse(STRANGER)));
        dns.listenOn(List.of(IpAddress.parse(HOST)));
        Eventually.becomes("it listens", LIMIT, this::listens);
    }

    @AfterEach
    void close() {
        dns.close();
    }

    private boolean listens() {
        try (var socket = new Socket(HOST, port)) {
            return socket.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void whoWaitsForManyAnswersIsNotHeardMeanwhile() throws Exception {
        try (var hostile = connect(SENTINEL)) {
            hostile.configureBlocking(false);
            assertThat(flood(hostile)).as("bytes taken").isLessThan(FLOOD_BYTES);
            Eventually.becomes("all heard", LIMIT, () -> queries.size() >= TcpDnsServer.OWED_MAX);
            assertThat(queries).hasSize(TcpDnsServer.OWED_MAX);
            queries.remove().answer().accept(queries.element().query());
            Eventually.becomes("one more", LIMIT, () -> queries.size() == TcpDnsServer.OWED_MAX);
        }
    }

    /// Answers of 4 kB to a program that reads none.
    @Test
    void whoReadsNoAnswersIsNotHeard() throws Exception {
        var answering = Thread.ofVirtual().start(this::answerAll);
        try (var hostile = connect(SENTINEL)) {
            hostile.configureBlocking(false);
            assertThat(flood(hostile)).as("bytes taken").isLessThan(FLOOD_BYTES);
        } finally {
            answering.interrupt();
        }
    }

    private void answerAll() {
        var answer = new DnsPayload(new byte[4_000]);
        try {
            while (true) {
                queries.take().answer().accept(answer);
            }
        } catch (InterruptedException _) {
            // the end of the test
        }
    }

    @Test
    void aPipelineIsAnsweredWhole() throws Exception {
        var answering = Thread.ofVirtual().start(this::answerAll);
        try (var client = new Socket()) {
            client.bind(new InetSocketAddress(SENTINEL, 0));
            client.connect(new InetSocketAddress(HOST, port));
            var bytes = frames(500).array();
            client.getOutputStream().write(bytes);
            var in = new DataInputStream(client.getInputStream());
            for (int i = 0; i < 500; i++) {
                assertThat(in.readNBytes(in.readUnsignedShort())).hasSize(4_000);
            }
        } finally {
            answering.interrupt();
        }
    }

    /// Ten that say nothing do not keep an eleventh out.
    @Test
    void theConnectionThatAskedNothingForLongestMakesRoom() throws Exception {
        var open = new ArrayList<SocketChannel>();
        for (int i = 0; i < TcpDnsServer.CONNECTIONS_MAX; i++) {
            open.add(connect(SENTINEL));
            open.getLast().write(frames(1));
            assertThat(queries.poll(20, TimeUnit.SECONDS)).isNotNull();
        }
        open.getFirst().write(frames(1));
        assertThat(queries.poll(20, TimeUnit.SECONDS)).isNotNull();

        try (var next = connect(SENTINEL)) {
            assertThat(open.get(1).read(ByteBuffer.allocate(1))).isEqualTo(-1);
            next.write(frames(1));
            assertThat(queries.poll(20, TimeUnit.SECONDS)).isNotNull();
            open.getFirst().write(frames(1));
            assertThat(queries.poll(20, TimeUnit.SECONDS)).isNotNull();
        }
        assertThat(dns.refused()).isEqualTo(1);
        for (var each : open) {
            each.close();
        }
    }

    @Test
    void whatIsNoQueryOfAResolverEndsTheConnection() throws Exception {
        try (var hostile = connect(SENTINEL)) {
            hostile.write(ByteBuffer.allocate(2).putShort((short) 65_535).flip());
            assertThat(hostile.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        assertThat(dns.refused()).isEqualTo(1);
        try (var stranger = connect(STRANGER)) {
            assertThat(stranger.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    /// Until nothing is taken for half a second.
    private static long flood(SocketChannel to) throws IOException {
        var frames = frames(2_000);
        long taken = 0;
        try (var selector = Selector.open()) {
            to.register(selector, SelectionKey.OP_WRITE);
            while (taken < FLOOD_BYTES && selector.select(_ -> {}, 500) > 0) {
                taken += to.write(frames);
                if (!frames.hasRemaining()) {
                    frames.rewind();
                }
            }
        }
        return taken;
    }

    private static ByteBuffer frames(int count) {
        var frames = ByteBuffer.allocate(count * 14);
        while (frames.hasRemaining()) {
            frames.putShort((short) 12).put(new byte[12]);
        }
        return frames.flip();
    }

    private SocketChannel connect(String from) throws IOException {
        var channel = SocketChannel.open();
        channel.bind(new InetSocketAddress(from, 0));
        channel.connect(new InetSocketAddress(HOST, port));
        return channel;
    }
}
