package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocketOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;

class TunnelDnsServerTest {
    private static final long WAIT_MS = 3_000;
    private static final String HOST = "127.0.0.1";

    @TempDir private Path temporary;
    private final Vertx vertx = Vertx.vertx();
    private int upstreamPort;
    private int port;
    private String upstreamHost = HOST;
    private int answerLength;
    private boolean knowsTheInternet = true;
    private boolean lies;
    private boolean hasV6 = true;
    private String refusing = "";

    @BeforeEach
    void choosePorts() throws Exception {
        upstreamPort = freePort();
        port = freePort();
    }

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    @Test
    void queryIsForwardedOverTheSameTransport() throws Exception {
        startUpstream();
        start("nameserver 127.0.0.1");

        assertThat(ask(false).length()).isGreaterThan(30);
        assertThat(ask(true).length()).isGreaterThan(30);
    }

    /// resolv.conf holds any spelling of an IPv6 address; datagrams carry another one.
    @Test
    void nameserverMayBeWrittenAsShortenedIpv6() throws Exception {
        upstreamHost = "::1";
        startUpstream();
        start("nameserver ::1");

        assertThat(ask(false).length()).isGreaterThan(30);
        assertThat(ask(true).length()).isGreaterThan(30);
    }

    @Test
    void nameserverOfAPrivateNetworkIsUsedWhereNoneKnowsTheInternet() throws Exception {
        knowsTheInternet = false;
        startUpstream();
        start("nameserver 127.0.0.1");

        assertThat(ask(false).length()).isGreaterThan(30);
        assertThat(ask(true).length()).isGreaterThan(30);
    }

    @Test
    void longUdpAnswerIsCutAndSaysSo() throws Exception {
        answerLength = 1500;
        startUpstream();
        start("nameserver 127.0.0.1");

        var overUdp = ask(false);
        var overTcp = ask(true);

        assertThat(overUdp.length()).isLessThan(60);
        assertThat(overUdp.getUnsignedShort(2) & 0x0200).isNotZero();
        assertThat(overTcp.length()).isGreaterThan(1500);
    }

    @Test
    void withoutNameserverTheAnswerIsServfail() throws Exception {
        start("# none");

        var upstream = new DnsUpstream(vertx, port);
        var answer = await(upstream.overUdp(HOST, query(7), WAIT_MS));

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.id()).isEqualTo(7);
    }

    @Test
    void lengthOfUdpAnswersIsWhatTheClientTakes() throws Exception {
        answerLength = 700;
        startUpstream();
        start("nameserver 127.0.0.1");
        ask(false);

        assertThat(lengthAndCut(query(1))).isEqualTo("33 cut");
        assertThat(lengthAndCut(withOpt(512, 0))).isEqualTo("44 cut");
        assertThat(lengthAndCut(withOpt(100, 0))).isEqualTo("44 cut");
        assertThat(lengthAndCut(withOpt(1200, 0))).isEqualTo("744 whole");
        assertThat(lengthAndCut(withOpt(65_535, 0))).isEqualTo("744 whole");
    }

    /// RFC 6891 section 6.1.3: our own version comes back with the code BADVERS.
    @Test
    void unknownVersionOfEdnsIsRefused() throws Exception {
        start("# none");
        var upstream = new DnsUpstream(vertx, port);

        var answer = await(upstream.overUdp(HOST, withOpt(1200, 1), WAIT_MS)).bytes();

        assertThat(new Message(answer.getBytes()).getRcode()).isEqualTo(Rcode.BADVERS);
        assertThat(new Message(answer.getBytes()).getOPT().getVersion()).isZero();
    }

    @Test
    void withoutIpv6OfTheHostNoNameHasAny() throws Exception {
        hasV6 = false;
        start("# none");
        var upstream = new DnsUpstream(vertx, port);
        var query = query(1);
        query.setUnsignedShort(query.length() - 4, 28);

        var answer = await(upstream.overUdp(HOST, query, WAIT_MS));

        assertThat(answer.isSuccess()).isTrue();
        assertThat(answer.bytes().length()).isEqualTo(query.length());
    }

    /// glibc passes over an empty answer with neither RA, AA nor an OPT, even if it says TC.
    @Test
    void ownAnswersOfferRecursion() {
        var query = DnsMessage.parse(query(1)).orElseThrow();
        var found = query(1).setUnsignedShort(2, 0x8100).appendBytes(new byte[600]);

        var cut = DnsMessage.parse(found).orElseThrow().toUdp(query, 1200);

        assertThat(cut.getUnsignedShort(2)).isEqualTo(0x8380);
        assertThat(query.noData(1200).getUnsignedShort(2)).isEqualTo(0x8180);
        assertThat(query.serverFailure(1200).getUnsignedShort(2)).isEqualTo(0x8182);
        assertThat(query.badVersion(1200).getUnsignedShort(2)).isEqualTo(0x8180);
    }

    @Test
    void nextServerIsAskedWhenTheFirstRefuses() throws Exception {
        refusing = "127.0.0.2";
        startUpstream();
        upstreamHost = refusing;
        startUpstream();
        start("nameserver 127.0.0.2\nnameserver 127.0.0.1");

        for (int i = 0; i < 10; i++) {
            assertThat(ask(i % 2 == 0).length()).isGreaterThan(30);
        }
    }

    @Test
    void answerWithTheRightIdToAnotherQuestionIsDroppedAndCounted() throws Exception {
        lies = true;
        startUpstream();
        var upstream = new DnsUpstream(vertx, upstreamPort);

        assertThat(await(upstream.overUdp(HOST, query(7), WAIT_MS)).bytes().toString())
                .contains("srv");
        assertThat(upstream.mismatched()).isEqualTo(1);
    }

    @Test
    void onlyMessagesWithOneQuestionAreUnderstood() {
        var query = query(1);

        assertThat(DnsMessage.parse(query)).isPresent();
        assertThat(DnsMessage.parse(query.copy().setUnsignedShort(4, 2))).isEmpty();
        for (int length = 0; length < query.length(); length++) {
            assertThat(DnsMessage.parse(query.getBuffer(0, length))).isEmpty();
        }
        assertThat(DnsMessage.parse(query.copy().setUnsignedByte(12, (short) 0xC0))).isEmpty();
    }

    @Test
    void answerToAnotherQuestionIsNone() {
        var asked = DnsMessage.parse(query(1)).orElseThrow();
        var upper = DnsMessage.queryForA(1, "SRV.example.com").setUnsignedShort(2, 0x8000);
        var other = DnsMessage.queryForA(1, "srw.example.com").setUnsignedShort(2, 0x8000);

        assertThat(DnsMessage.parse(upper).orElseThrow().answers(asked)).isTrue();
        assertThat(DnsMessage.parse(other).orElseThrow().answers(asked)).isFalse();
        assertThat(asked.answers(asked)).isFalse();
    }

    /// Repeats until the server has measured its nameservers.
    private Buffer ask(boolean overTcp) throws Exception {
        var upstream = new DnsUpstream(vertx, port);
        for (int attempt = 0; attempt < 100; attempt++) {
            var answer =
                    await(
                            overTcp
                                    ? upstream.overTcp(HOST, query(attempt), WAIT_MS)
                                    : upstream.overUdp(HOST, query(attempt), WAIT_MS));
            if (answer.isSuccess()) {
                assertThat(answer.id()).isEqualTo(attempt);
                return answer.bytes();
            }
            await(vertx.timer(20, TimeUnit.MILLISECONDS));
        }
        return fail("always SERVFAIL");
    }

    private static Buffer query(int id) {
        return DnsMessage.queryForA(id, "srv.example.com");
    }

    private void start(String configuration) throws Exception {
        var file = Files.writeString(temporary.resolve("resolv.conf"), configuration + "\n");
        var server = new TunnelDnsServer(vertx, port, upstreamPort, file, () -> hasV6, _ -> true);
        await(server.listenOn(List.of(IpAddress.parse(HOST))));
    }

    private void startUpstream() throws Exception {
        boolean v6 = upstreamHost.indexOf(':') >= 0;
        var udp = vertx.createDatagramSocket(new DatagramSocketOptions().setIpV6(v6));
        boolean refuses = upstreamHost.equals(refusing);
        udp.handler(
                p -> {
                    if (lies) {
                        var other = DnsMessage.queryForA(7, "other.example.com");
                        udp.send(reply(other), p.sender().port(), p.sender().host());
                    }
                    udp.send(reply(p.data(), refuses), p.sender().port(), p.sender().host());
                });
        await(udp.listen(upstreamPort, upstreamHost));
        var tcp = vertx.createNetServer();
        tcp.connectHandler(
                socket ->
                        socket.handler(
                                DnsFraming.reader(
                                        q -> socket.write(DnsFraming.frame(reply(q, refuses))))));
        await(tcp.listen(upstreamPort, upstreamHost));
    }

    private Buffer reply(Buffer query) {
        return reply(query, false);
    }

    /// Knows the probe's name even where it refuses all others.
    private Buffer reply(Buffer query, boolean refuses) {
        boolean isProbe = query.toString(StandardCharsets.ISO_8859_1).contains("firezone");
        boolean refused = isProbe ? !knowsTheInternet : refuses;
        int flags = refused ? 0x8185 : 0x8180;
        return query.copy().setUnsignedShort(2, flags).appendBytes(new byte[answerLength]);
    }

    private String lengthAndCut(Buffer query) throws Exception {
        var upstream = new DnsUpstream(vertx, port);
        var answer = await(upstream.overUdp(HOST, query, WAIT_MS)).bytes();
        boolean isCut = (answer.getUnsignedShort(2) & 0x0200) != 0;
        return answer.length() + (isCut ? " cut" : " whole");
    }

    private static Buffer withOpt(int length, int version) {
        var query = query(1).setUnsignedShort(10, 1).appendByte((byte) 0);
        query.appendUnsignedShort(41).appendUnsignedShort(length).appendInt(version << 16);
        return query.appendUnsignedShort(0);
    }

    private static int freePort() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
