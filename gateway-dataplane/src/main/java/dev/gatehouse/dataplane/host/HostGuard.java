package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.FilterMonitor;
import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.transport.host.Masquerade;
import dev.gatehouse.transport.host.RouteMonitor;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the host as a gateway needs it: forwarding, masquerade rules, the tunnel's links,
/// addresses, routes and rules. What others take away is put back, counted and told in one line;
/// what is not ours to change, such as a packet filter that drops the tunnel's packets, is told
/// with its remedy and makes the gateway unready ([HostHealth]).
///
/// A thread of its own (`host`): it runs `nft`, which takes tens of milliseconds. It looks when
/// the kernel tells of a change, and each second, since nobody tells of a changed setting. A host
/// whose routes or rules change without end costs a bounded share of a processor.
public final class HostGuard implements AutoCloseable {
    /// The networks that lead to the tunnel.
    public static final List<IpNetwork> RANGES =
            List.of(TunnelRanges.TUNNEL_V4, TunnelRanges.TUNNEL_V6);

    private static final Logger LOG = LoggerFactory.getLogger(HostGuard.class);
    private static final long EVERY_NS = Duration.ofSeconds(1).toNanos();
    private static final long CALM_NS = Duration.ofMillis(100).toNanos(); // between two looks
    private static final int FILTER_PAUSES = 10; // as long as nft took, between two of its runs,
    private static final long FILTER_PAUSE_MAX_NS = EVERY_NS; // but never longer than this
    private static final long CLOSE_WAIT_MS = 3_000;

    /// @param tunnels names of the tunnel's devices, that of shard 0 first
    /// @param mtu of these devices, in bytes
    /// @param table for masquerading; empty: an administrator masquerades
    /// @param setsForwarding whether kernel settings are ours to change
    public record Settings(
            List<String> tunnels, int mtu, Optional<String> table, boolean setsForwarding) {}

    /// Puts host routes of clients back. Called on the guard's thread.
    public interface ClientRoutes {
        /// Returns whether any was missing.
        boolean ensure();
    }

    private final Settings settings;
    private final ClientRoutes clientRoutes;
    private final Consumer<String> onFault;
    private final Predicate<Set<IpAddress>> onAddresses;
    private final MonotonicClock clock = new MonotonicClock();
    private final Map<Restored, AtomicLong> restored = new EnumMap<>(Restored.class);
    private final Poller poller = new Poller();
    private final Thread thread = Thread.ofPlatform().daemon().name("host").unstarted(this::run);
    private final Map<String, List<IpAddress>> addresses = new ConcurrentHashMap<>(); // by device
    private volatile Optional<HostHealth> health = Optional.empty(); // empty: not looked yet
    private volatile boolean closing;
    private Set<String> told = Set.of();
    private Set<IpAddress> toldAddresses = Set.of();
    private boolean isForwardingSet;
    private long lookAtNs;
    private long filterFromNs;
    private boolean isFilterStale = true;

    /// @param onFault hears of each change on the guard's thread; empty: no fault
    /// @param onAddresses hears of each change of the host's addresses, likewise; false: it cannot
    ///     take the word now, and is told again
    public HostGuard(
            Settings settings,
            ClientRoutes clientRoutes,
            Consumer<String> onFault,
            Predicate<Set<IpAddress>> onAddresses)
            throws IOException {
        this.settings = settings;
        this.clientRoutes = clientRoutes;
        this.onFault = onFault;
        this.onAddresses = onAddresses;
        for (var what : Restored.values()) {
            restored.put(what, new AtomicLong());
        }
    }

    public void start() {
        thread.start();
    }

    /// A device of the tunnel has these addresses from here on. Any thread may call.
    public void configured(String device, List<IpAddress> tunnel) {
        addresses.put(device, List.copyOf(tunnel));
    }

    /// Empty until the first look. Any thread may call.
    public Optional<HostHealth> health() {
        return health;
    }

    /// How often it was put back. Any thread may call.
    public long restored(Restored what) {
        return restored.get(what).get();
    }

    /// Tells and counts that something was put back. Any thread may call.
    public void note(String where, Restored what) {
        restored.get(what).incrementAndGet();
        LOG.warn("{}: {}", where, what.line());
    }

    private void run() {
        try (var routes = new RouteMonitor();
                var filters = new FilterMonitor();
                var tunnel = new TunnelKeeper(settings, clientRoutes, this::note);
                var filter = filterKeeper()) {
            poller.add(routes.fd());
            filters.addTo(poller);
            while (!closing) {
                boolean routesChanged = routes.hasChanged();
                isFilterStale |= filters.hasChanged() || !filters.isWorking();
                long nowNs = clock.nowNs();
                if (nowNs >= lookAtNs) {
                    look(tunnel, filter, nowNs);
                    lookAtNs = clock.nowNs() + EVERY_NS;
                } else if (routesChanged || isFilterStale && nowNs >= filterFromNs) {
                    lookAtNs = Math.min(lookAtNs, nowNs + CALM_NS);
                }
                poller.poll(Math.max(0, lookAtNs - clock.nowNs()));
            }
        } catch (IOException e) {
            LOG.error("the host is no longer watched: {}", e.getMessage());
            publish(new HostHealth(Optional.of("the host cannot be watched"), List.of()));
        } finally {
            poller.close();
        }
    }

    private FilterKeeper filterKeeper() {
        return new FilterKeeper(
                settings.table, settings.tunnels, () -> note("nftables", Restored.FILTER));
    }

    private void look(TunnelKeeper tunnel, FilterKeeper filter, long nowNs) throws IOException {
        if (settings.setsForwarding) {
            ensureForwarding();
        }
        var tunnelFault = tunnel.look(addresses);
        var around = Surroundings.look(settings.tunnels);
        if (!around.addresses().equals(toldAddresses) && onAddresses.test(around.addresses())) {
            toldAddresses = around.addresses();
        }
        var host = new Masquerade.Host(ownAddresses(), around.otherTunnels(), around.clients());
        if ((isFilterStale || filter.isDue(host)) && nowNs >= filterFromNs) {
            isFilterStale = false;
            filter.look(host);
            long tookNs = clock.nowNs() - nowNs;
            filterFromNs = clock.nowNs() + Math.min(FILTER_PAUSES * tookNs, FILTER_PAUSE_MAX_NS);
        }
        var judged = new HostJudge(settings.tunnels, around, filter.filter()).judge();
        publish(new HostHealth(tunnelFault.or(filter::fault).or(judged::fault), judged.warnings()));
    }

    /// All devices of the tunnel have the same.
    private List<IpAddress> ownAddresses() {
        return addresses.values().stream().findFirst().orElse(List.of());
    }

    private void ensureForwarding() {
        var changed = HostSettings.enableForwarding(settings.tunnels);
        if (isForwardingSet && !changed.isEmpty()) {
            note(String.join(", ", changed), Restored.SETTING);
        }
        isForwardingSet = true;
    }

    private void publish(HostHealth next) {
        var lines = new LinkedHashSet<>(next.warnings());
        next.fault().ifPresent(lines::add);
        lines.stream().filter(line -> !told.contains(line)).forEach(LOG::warn);
        if (!told.isEmpty() && lines.isEmpty()) {
            LOG.info("the host passes the tunnel's packets on again");
        } else {
            told.stream()
                    .filter(line -> !lines.contains(line))
                    .forEach(line -> LOG.info("this is over: {}", line));
        }
        told = lines;
        health = Optional.of(next);
        onFault.accept(next.fault().orElse(""));
    }

    /// Waits until the guard has ended: from then on nothing is put back.
    @Override
    public void close() {
        closing = true;
        poller.wakeup();
        try {
            if (!thread.join(Duration.ofMillis(CLOSE_WAIT_MS))) {
                LOG.warn("the host's guard does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IllegalThreadStateException _) {
            poller.close(); // never started
        }
    }
}
