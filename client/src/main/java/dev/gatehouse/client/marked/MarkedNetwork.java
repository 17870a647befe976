package dev.gatehouse.client.marked;

import dev.gatehouse.channel.client.PortalNetwork;
import dev.gatehouse.wire.IpAddress;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.resolver.DefaultHostsFileEntriesResolver;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.DnsServerAddresses;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;

/// The way to the portal past the client's own tunnel, which needs the portal to work: sockets are
/// [Marked], and its name is asked of the system's servers, not of our sentinels (client.md 28.2).
///
/// `/etc/hosts` counts, and the search list that `/etc/resolv.conf` had at the start. What these
/// servers do not know the system's resolver is asked for: it may know other sources. Any thread.
public final class MarkedNetwork implements PortalNetwork, AutoCloseable {
    private static final long SERVER_WAIT_MS = 2_000;
    private static final int DNS_PORT = 53;

    private final EventLoopGroup thread =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("portal-dns", true), EpollIoHandler.newFactory());
    private volatile List<IpAddress> servers = List.of();

    public MarkedNetwork() {
        resolver(List.of(IpAddress.v4(0x7F000001))).close(); // reads the search list
    }

    /// The servers that the system would ask without us.
    public void use(List<IpAddress> systemServers) {
        servers = List.copyOf(systemServers);
    }

    @Override
    public Vertx open(VertxOptions options) {
        return Vertx.builder().with(options).withTransport(MarkedTransport.ofVertx()).build();
    }

    @Override
    public Future<List<InetAddress>> resolve(Vertx vertx, String host) {
        var asked = servers;
        if (asked.isEmpty()) {
            return PortalNetwork.SYSTEM.resolve(vertx, host);
        }
        return ask(asked, host)
                .recover(
                        failure ->
                                isSilence(failure)
                                        ? Future.failedFuture(failure)
                                        : PortalNetwork.SYSTEM.resolve(vertx, host));
    }

    private Future<List<InetAddress>> ask(List<IpAddress> asked, String host) {
        var answer = Promise.<List<InetAddress>>promise();
        var resolver = resolver(asked);
        resolver.resolveAll(host)
                .addListener(
                        (io.netty.util.concurrent.Future<List<InetAddress>> done) -> {
                            if (done.isSuccess()) {
                                answer.complete(done.getNow());
                            } else {
                                answer.fail(done.cause());
                            }
                            resolver.close();
                        });
        return answer.future();
    }

    private static boolean isSilence(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(16)
                .anyMatch(DnsNameResolverTimeoutException.class::isInstance);
    }

    private DnsNameResolver resolver(List<IpAddress> asked) {
        var addresses = asked.stream().map(MarkedNetwork::server).toList();
        EventLoop loop = thread.next();
        return new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(() -> Marked.mark(new EpollDatagramChannel()))
                .socketChannelFactory(() -> Marked.mark(new EpollSocketChannel()))
                .nameServerProvider(_ -> DnsServerAddresses.sequential(addresses).stream())
                .hostsFileEntriesResolver(new DefaultHostsFileEntriesResolver())
                .resolvedAddressTypes(ResolvedAddressTypes.IPV4_PREFERRED)
                .completeOncePreferredResolved(false)
                .queryTimeoutMillis(SERVER_WAIT_MS)
                .build();
    }

    private static InetSocketAddress server(IpAddress address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address.toString()), DNS_PORT);
    }

    @Override
    public void close() {
        thread.shutdownGracefully();
    }
}
