package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The host's files are followed while the gateway runs: tunnel.md 6.3 resolves as getaddrinfo.
class SystemResolverTest {
    private static final long WAIT_S = 15;

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Vertx vertx = Vertx.vertx();
    @TempDir private Path directory;
    private final Set<Integer> askedFrom = ConcurrentHashMap.newKeySet();
    private long writtenAt = 1_000_000;

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(WAIT_S, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void namesOfTheHostsFileAreFoundAndFollowed() throws Exception {
        var hosts = write("hosts", "10.0.0.9 Wiki.corp.test wiki\nfd20::9 wiki.corp.test\n");
        var resolver = resolver(hosts, write("resolv.conf", "nameserver ::1\n"));

        assertThat(resolve(resolver, "wiki.CORP.test"))
                .containsExactly("10.0.0.9", "fd20:0:0:0:0:0:0:9");

        write("hosts", "10.0.0.8 wiki.corp.test\n");
        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.8");
    }

    @Test
    void serversOfTheConfigurationAreFollowed() throws Exception {
        int first = serve(1);
        int second = serve(2);
        var hosts = directory.resolve("none");
        String line = "port %d\nnameserver 127.0.0.1\n";
        var configuration = write("resolv.conf", line.formatted(first));
        var resolver = resolver(hosts, configuration);

        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.1");

        write("resolv.conf", line.formatted(second));
        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.2");
    }

    /// A host may get its nameservers after the gateway has started, and tools that write the file
    /// empty it first.
    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing yet\n", "nameserver\n", "nameserver nonsense\n"})
    void aConfigurationWithoutServersIsLivedWith(String text) throws Exception {
        var configuration = write("resolv.conf", text);
        var resolver = resolver(directory.resolve("none"), configuration);

        write("resolv.conf", "port %d\nnameserver 127.0.0.1\n".formatted(serve(1)));
        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.1");
        write("resolv.conf", text);
        group.submit(() -> resolver.resolveAll("wiki.corp.test")).get(WAIT_S, TimeUnit.SECONDS);
        write("resolv.conf", "port %d\nnameserver 127.0.0.1\n".formatted(serve(2)));
        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.2");
    }

    @Test
    void eachLookUpHasAPortOfItsOwn() throws Exception {
        var configuration =
                write("resolv.conf", "port %d\nnameserver 127.0.0.1\n".formatted(serve(1)));
        var resolver = resolver(directory.resolve("none"), configuration);

        for (int i = 0; i < 5; i++) {
            assertThat(resolve(resolver, "host%d.corp.test".formatted(i))).isNotEmpty();
        }

        assertThat(askedFrom).as("the kernel may give one again").hasSizeGreaterThan(2);
    }

    @Test
    void aHostWithoutIpv6FindsNone() throws Exception {
        var hosts = write("hosts", "10.0.0.9 wiki.corp.test\nfd20::9 wiki.corp.test\n");
        var resolver =
                new SystemResolver(group.next(), hosts, directory.resolve("none"), () -> false);

        assertThat(resolve(resolver, "wiki.corp.test")).containsExactly("10.0.0.9");
    }

    @Test
    void aHostHasIpv6ByAnAddressThatIsNotTheTunnels() throws Exception {
        var none =
                write(
                        "none",
                        """
                        00000000000000000000000000000001 01 80 10 80       lo
                        fe800000000000004b0f4698dbebf88f 02 40 20 80     eth0
                        fd0020211111000000000000001d436a 03 80 00 82 tun-firezone-1
                        """);
        var some = write("some", "20010db8000000000000000000000001 02 40 00 80     eth0\n");

        assertThat(HostFamilies.hasV6(none)).isFalse();
        assertThat(HostFamilies.hasV6(some)).isTrue();
        assertThat(HostFamilies.hasV6(directory.resolve("nothing"))).isFalse();
    }

    private SystemResolver resolver(Path hosts, Path configuration) {
        return new SystemResolver(group.next(), hosts, configuration, () -> true);
    }

    /// Answers A queries with 10.0.0.`last`, others with nothing; returns the port.
    private int serve(int last) throws Exception {
        var socket = vertx.createDatagramSocket();
        socket.handler(
                query -> {
                    askedFrom.add(query.sender().port());
                    socket.send(
                            reply(query.data(), last),
                            query.sender().port(),
                            query.sender().host());
                });
        return socket.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(WAIT_S, TimeUnit.SECONDS)
                .localAddress()
                .port();
    }

    private static Buffer reply(Buffer query, int last) {
        int end = DnsMessage.HEADER_LENGTH;
        while (query.getUnsignedByte(end) > 0) {
            end += 1 + query.getUnsignedByte(end);
        }
        end += 5;
        boolean isA = query.getUnsignedShort(end - 4) == 1;
        var reply = query.getBuffer(0, end).setUnsignedShort(2, 0x8180);
        reply.setUnsignedShort(6, isA ? 1 : 0).setUnsignedShort(8, 0).setUnsignedShort(10, 0);
        if (isA) {
            reply.appendUnsignedShort(0xC00C).appendUnsignedShort(1).appendUnsignedShort(1);
            reply.appendInt(60).appendUnsignedShort(4).appendInt(10 << 24 | last);
        }
        return reply;
    }

    private Path write(String name, String text) throws Exception {
        var file = Files.writeString(directory.resolve(name), text);
        writtenAt += 1_000;
        return Files.setLastModifiedTime(file, FileTime.fromMillis(writtenAt));
    }

    private List<String> resolve(SystemResolver resolver, String name) throws Exception {
        var found = group.submit(() -> resolver.resolveAll(name)).get(WAIT_S, TimeUnit.SECONDS);
        return found.get(WAIT_S, TimeUnit.SECONDS).addresses().stream()
                .map(InetAddress::getHostAddress)
                .sorted()
                .toList();
    }
}
