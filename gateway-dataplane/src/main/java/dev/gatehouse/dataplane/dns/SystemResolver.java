package dev.gatehouse.dataplane.dns;

import dev.gatehouse.dataplane.dns.NameLookup.Found;
import dev.gatehouse.wire.IpAddress;
import io.netty.resolver.HostsFileEntriesProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/// Resolves names as the host does: those of `/etc/hosts` first, else with the servers of
/// `/etc/resolv.conf`, A and AAAA (tunnel.md 6.3; see [HostResolver]).
///
/// A host without IPv6 finds no IPv6 addresses. Both files are read again once they have changed,
/// as getaddrinfo does: a gateway runs for months, its host gets other nameservers meanwhile. Owned
/// by the event loop.
final class SystemResolver implements NameLookup.Backend {
    static final Path HOSTS = Path.of("/etc/hosts");
    static final Path CONFIGURATION = Path.of("/etc/resolv.conf");

    private static final FileTime NO_FILE = FileTime.fromMillis(0);

    private final ScheduledExecutorService loop;
    private final Path hosts;
    private final Path configuration;
    private final BooleanSupplier hasV6;
    private final AtomicLong mismatched = new AtomicLong();
    private FileTime hostsReadAt;
    private FileTime configurationReadAt;
    private HostsFileEntriesProvider known;
    private HostResolver resolver;

    /// @param hasV6 whether the host can use IPv6 addresses
    SystemResolver(
            ScheduledExecutorService loop, Path hosts, Path configuration, BooleanSupplier hasV6) {
        this.loop = loop;
        this.hasV6 = hasV6;
        this.hosts = hosts;
        this.configuration = configuration;
        hostsReadAt = changedAt(hosts);
        known = HostsFileEntriesProvider.parser().parseSilently(hosts.toFile());
        configurationReadAt = changedAt(configuration);
        resolver = open();
    }

    @Override
    public CompletableFuture<Found> resolveAll(String name) {
        var found = resolve(name);
        return hasV6.getAsBoolean() ? found : found.thenApply(Found::withoutV6);
    }

    private CompletableFuture<Found> resolve(String name) {
        readAgain();
        var literal = literal(name);
        if (literal.isPresent()) {
            return CompletableFuture.completedFuture(found(List.of(literal.get())));
        }
        var entries = new ArrayList<InetAddress>();
        String key = name.toLowerCase(Locale.ROOT);
        entries.addAll(known.ipv6Entries().getOrDefault(key, List.of()));
        entries.addAll(known.ipv4Entries().getOrDefault(key, List.of()));
        return entries.isEmpty()
                ? resolver.resolve(name)
                : CompletableFuture.completedFuture(found(entries));
    }

    private static Found found(List<InetAddress> addresses) {
        return new Found(addresses, Duration.ofDays(1));
    }

    private static Optional<InetAddress> literal(String name) {
        try {
            return Optional.of(InetAddress.getByAddress(IpAddress.parse(name).toBytes()));
        } catch (IllegalArgumentException | UnknownHostException _) {
            return Optional.empty();
        }
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

    private HostResolver open() {
        var read = ResolverConfiguration.read(configuration);
        var servers =
                new HostNameServers(loop, read, Duration.ofMillis(NameLookup.LIMIT_MS), mismatched);
        return new HostResolver(loop, servers, read.search());
    }

    @Override
    public long mismatched() {
        return mismatched.get();
    }
}
