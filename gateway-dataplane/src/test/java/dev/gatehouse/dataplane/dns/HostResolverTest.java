package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.dataplane.dns.NameLookup.Found;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/// What servers answer, or do not, must not be worse than with getaddrinfo.
class HostResolverTest {
    private static final long WAIT_S = 30;
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final String APP = "app.corp.test";

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final AtomicLong mismatched = new AtomicLong();
    private final List<TestNameServer> servers = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var server : servers) {
            server.close();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {Rcode.FORMERR, Rcode.NOTIMP, Rcode.SERVFAIL, Rcode.BADVERS})
    void aServerThatKnowsNoEdnsIsUnderstood(int code) throws Exception {
        var server = serve(q -> q.getOPT() != null ? failure(q, code) : addresses(q));

        assertThat(resolve(APP, server).addresses()).hasSize(2);
    }

    @Test
    void addressesOfOneFamilyDoNotWaitForServersThatNeverAnswerForTheOther() throws Exception {
        var silent = new TestNameServer[3];
        for (int i = 0; i < silent.length; i++) {
            silent[i] = serve(q -> type(q) == Type.A ? addresses(q) : null);
        }

        long startedNs = System.nanoTime();
        var found = resolve(APP, silent);

        assertThat(texts(found)).containsExactly("10.0.0.1");
        assertThat(Duration.ofNanos(System.nanoTime() - startedNs))
                .isLessThan(LIMIT.minusMillis(200));
        assertThat(found.ttl()).isLessThanOrEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void theOtherFamilyServesWhereOneIsRefused() throws Exception {
        var server = serve(q -> type(q) == Type.AAAA ? addresses(q) : failure(q, Rcode.SERVFAIL));

        assertThat(texts(resolve(APP, server))).containsExactly("fd00:0:0:0:0:0:0:1");
    }

    @ParameterizedTest
    @ValueSource(ints = {Rcode.REFUSED, Rcode.SERVFAIL, Rcode.NOTIMP})
    void theNextServerIsAskedWhenOneRefuses(int code) throws Exception {
        var refusing = serve(q -> failure(q, code));

        assertThat(resolve(APP, refusing, serve(TestNameServer::addresses)).addresses()).hasSize(2);
    }

    @Test
    void theNextServerIsAskedWhenOneIsNotThere() throws Exception {
        var gone = serve(TestNameServer::addresses);
        gone.close();

        assertThat(resolve(APP, gone, serve(TestNameServer::addresses)).addresses()).hasSize(2);
    }

    @Test
    void anAnswerToAnotherQuestionIsNotBelieved() throws Exception {
        var liar =
                serve(
                        q -> {
                            var other = TestNameServer.question("other.corp.test", type(q));
                            other.getHeader().setID(q.getHeader().getID());
                            return addresses(other);
                        });

        assertThatThrownBy(() -> resolve(APP, liar)).isInstanceOf(ExecutionException.class);
        assertThat(mismatched.get()).isPositive();
        assertThat(resolve(APP, liar, serve(TestNameServer::addresses)).addresses()).hasSize(2);
    }

    @Test
    void recordsOfNamesThatWereNotAskedForDoNotCount() throws Exception {
        var server =
                serve(
                        q -> {
                            var reply = TestNameServer.reply(q);
                            TestNameServer.address(reply, "other.corp.test", 60, "10.9.9.9");
                            return reply;
                        });

        assertThat(resolve(APP, server).addresses()).isEmpty();
    }

    @Test
    void theCaseOfAnAnswerDoesNotMatter() throws Exception {
        var shouting =
                serve(
                        q -> {
                            var loud = TestNameServer.question("APP.Corp.TEST", type(q));
                            loud.getHeader().setID(q.getHeader().getID());
                            return addresses(loud);
                        });

        assertThat(resolve("app.CORP.test", shouting).addresses()).hasSize(2);
    }

    @Test
    void aTruncatedAnswerIsAskedForOverTcp() throws Exception {
        var server =
                serve(
                        q -> {
                            var reply = TestNameServer.reply(q);
                            reply.getHeader().setFlag(Flags.TC);
                            return reply;
                        });
        server.overTcp(TestNameServer::addresses);

        assertThat(resolve(APP, server).addresses()).hasSize(2);
    }

    @Test
    void theLeastTimeToLiveOfAChainCounts() throws Exception {
        var server =
                serve(
                        q -> {
                            var reply = TestNameServer.reply(q);
                            TestNameServer.alias(reply, APP, 10, "a.corp.test");
                            return type(q) == Type.A
                                    ? TestNameServer.address(reply, "a.corp.test", 3600, "10.0.0.1")
                                    : reply;
                        });

        var found = resolve(APP, server);

        assertThat(texts(found)).containsExactly("10.0.0.1");
        assertThat(found.ttl()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void anAliasWithoutItsTargetIsFollowed() throws Exception {
        var server =
                serve(
                        q -> {
                            if (!q.getQuestion().getName().toString().startsWith("app.")) {
                                return addresses(q);
                            }
                            return TestNameServer.alias(
                                    TestNameServer.reply(q), APP, 10, "a.corp.test");
                        });

        var found = resolve(APP, server);

        assertThat(found.addresses()).hasSize(2);
        assertThat(found.ttl()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void aCircleOfAliasesEnds() throws Exception {
        var server =
                serve(
                        q -> {
                            var reply = TestNameServer.reply(q);
                            TestNameServer.alias(reply, APP, 10, "b.corp.test");
                            return TestNameServer.alias(reply, "b.corp.test", 10, APP);
                        });
        var endless =
                serve(
                        q -> {
                            var name = q.getQuestion().getName().toString();
                            return TestNameServer.alias(
                                    TestNameServer.reply(q), name, 10, "x" + name);
                        });

        assertThat(resolve(APP, server).addresses()).isEmpty();
        assertThat(resolve(APP, endless).addresses()).isEmpty();
        assertThat(endless.asked()).isLessThan(40);
    }

    @Test
    void aWholeNameIsTriedBeforeTheSearchList() throws Exception {
        var server = serve(TestNameServer::addresses);

        assertThat(resolve(lines("search wrong.test", "options ndots:5"), APP, server).addresses())
                .hasSize(2);
        assertThat(server.names()).containsOnly(Name.fromString(APP + "."));
    }

    @Test
    void aNameWithoutADotIsCompleted() throws Exception {
        var server =
                serve(
                        q ->
                                q.getQuestion().getName().labels() > 2
                                        ? addresses(q)
                                        : failure(q, Rcode.NXDOMAIN));

        assertThat(resolve(lines("search corp.test"), "wiki", server).addresses()).hasSize(2);
    }

    @Test
    void optionsOfTheHostCount() {
        var read =
                ResolverConfiguration.parse(
                        List.of(
                                "# nameserver 192.0.2.1",
                                "nameserver fe80::1%1",
                                "nameserver fe80::1%nosuch0",
                                "nameserver dns.example",
                                "nameserver\t2001:db8::1",
                                "options timeout:1 attempts:99 rotate trust-ad edns0",
                                "options use-vc attempts:x",
                                "search a.test b.test"));

        assertThat(read.servers())
                .extracting(s -> s.getAddress().getHostAddress() + " " + s.getPort())
                .containsExactly("fe80:0:0:0:0:0:0:1%1 53", "2001:db8:0:0:0:0:0:1 53");
        assertThat(read.timeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(read.attempts()).isEqualTo(2);
        assertThat(read.rotate()).isTrue();
        assertThat(read.overTcp()).isTrue();
        assertThat(read.search()).containsExactly("a.test", "b.test");
        assertThat(ResolverConfiguration.parse(List.of()).servers())
                .allMatch(s -> s.getAddress().isLoopbackAddress());
    }

    private static Message addresses(Message query) {
        return TestNameServer.addresses(query);
    }

    private static Message failure(Message query, int code) {
        var reply = TestNameServer.reply(query);
        reply.getHeader().setRcode(code & 0xF);
        return reply;
    }

    private static int type(Message query) {
        return query.getQuestion().getType();
    }

    private TestNameServer serve(TestNameServer.Zone zone) throws Exception {
        var server = new TestNameServer(zone);
        servers.add(server);
        return server;
    }

    private static List<String> lines(String... lines) {
        return List.of(lines);
    }

    private Found resolve(String name, TestNameServer... asked) throws Exception {
        return resolve(List.of(), name, asked);
    }

    private Found resolve(List<String> lines, String name, TestNameServer... asked)
            throws Exception {
        var parsed = ResolverConfiguration.parse(lines);
        var configuration =
                new ResolverConfiguration(
                        List.of(asked).stream().map(TestNameServer::address).toList(),
                        parsed.search(),
                        parsed.timeout(),
                        parsed.attempts(),
                        parsed.rotate(),
                        parsed.overTcp());
        var resolver =
                new HostResolver(
                        loop,
                        new HostNameServers(loop, configuration, LIMIT, mismatched),
                        configuration.search());
        return loop.submit(() -> resolver.resolve(name))
                .get(WAIT_S, TimeUnit.SECONDS)
                .get(WAIT_S, TimeUnit.SECONDS);
    }

    private static List<String> texts(Found found) {
        return found.addresses().stream().map(InetAddress::getHostAddress).toList();
    }
}
