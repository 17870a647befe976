package dev.gatehouse.dataplane;

import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.resolver.dns.UnixResolverDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Resolves names as the host does: those of `/etc/hosts` first, else with the servers of
/// `/etc/resolv.conf`, A and AAAA (tunnel.md 6.3). Each look-up has a port of its own, which a
/// forger has to guess (RFC 5452 section 9.2).
///
/// Both files are read again once they have changed, as getaddrinfo does: a gateway runs for
/// months, its host gets other nameservers meanwhile. Owned by the event loop.
final class SystemResolver implements NameLookup.Backend {
    static final Path HOSTS = Path.of("/etc/hosts");
    static final Path CONFIGURATION = Path.of("/etc/resolv.conf");

    private static final Logger LOG = LoggerFactory.getLogger(SystemResolver.class);
    private static final int DNS_PORT = 53;
    private static final FileTime NO_FILE = FileTime.fromMillis(0);

    private final EventLoop loop;
    private final Path hosts;
    private final Path configuration;
    private FileTime hostsReadAt = NO_FILE;
    private FileTime configurationReadAt = NO_FILE;
    private HostsFileEntriesProvider known;
    private DnsNameResolver resolver;

    SystemResolver(EventLoop loop, Path hosts, Path configuration) {
        this.loop = loop;
        this.hosts = hosts;
        this.configuration = configuration;
        hostsReadAt = changedAt(hosts);
        known = HostsFileEntriesProvider.parser().parseSilently(hosts.toFile());
        configurationReadAt = changedAt(configuration);
        resolver = open();
    }

    @Override
    public Future<List<InetAddress>> resolveAll(String name) {
        readAgain();
        var entries = new ArrayList<InetAddress>();
        String key = name.toLowerCase(Locale.ROOT);
        entries.addAll(known.ipv6Entries().getOrDefault(key, List.of()));
        entries.addAll(known.ipv4Entries().getOrDefault(key, List.of()));
        return entries.isEmpty() ? resolver.resolveAll(name) : loop.newSucceededFuture(entries);
    }

    private void readAgain() {
        var hostsAt = changedAt(hosts);
        if (!hostsAt.equals(hostsReadAt)) {
            hostsReadAt = hostsAt;
            known = HostsFileEntriesProvider.parser().parseSilently(hosts.toFile());
        }
        var configurationAt = changedAt(configuration);
        if (!configurationAt.equals(configurationReadAt)) {
            configurationReadAt = configurationAt;
            var old = resolver;
            loop.schedule(old::close, NameLookup.LIMIT_MS, TimeUnit.MILLISECONDS); // once idle
            resolver = open();
        }
    }

    private static FileTime changedAt(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException _) {
            return NO_FILE;
        }
    }

    private DnsNameResolver open() {
        return new DnsNameResolverBuilder(loop)
                .datagramChannelType(EpollDatagramChannel.class)
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                .socketChannelType(EpollSocketChannel.class)
                .nameServerProvider(servers())
                .hostsFileEntriesResolver((_, _) -> null)
                .resolvedAddressTypes(ResolvedAddressTypes.IPV4_PREFERRED)
                .completeOncePreferredResolved(false)
                .resolveCache(NoopDnsCache.INSTANCE)
                .queryTimeoutMillis(NameLookup.LIMIT_MS / 3)
                .build();
    }

    /// Without a file, or one that names no server, the local host is asked: resolv.conf(5). Never
    /// a public server, which is what Netty would take.
    private DnsServerAddressStreamProvider servers() {
        try {
            return new UnixResolverDnsServerAddressStreamProvider(configuration.toFile());
        } catch (IOException | IllegalArgumentException e) {
            LOG.info("{} names no server: {}", configuration, e.getMessage());
            return new SingletonDnsServerAddressStreamProvider(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), DNS_PORT));
        }
    }

    @Override
    public void close() {
        resolver.close();
    }
}
