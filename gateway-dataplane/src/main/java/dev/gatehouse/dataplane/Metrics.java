package dev.gatehouse.dataplane;

import dev.gatehouse.dataplane.dns.DnsRefusals;
import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.dataplane.dns.TunnelDnsServer;
import dev.gatehouse.dataplane.handover.EventFeed;
import dev.gatehouse.dataplane.host.HostGuard;
import dev.gatehouse.dataplane.host.HostHealth;
import dev.gatehouse.dataplane.host.Restored;
import dev.gatehouse.dataplane.shard.ClientRoutes;
import dev.gatehouse.dataplane.shard.ShardCommand;
import dev.gatehouse.dataplane.shard.ShardMetrics;
import dev.gatehouse.dataplane.shard.Shards;
import dev.gatehouse.transport.loop.Shard;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// What the data plane counts, for Prometheus. Labels take their values from our own
/// enums and the numbers of the shards only.
final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private volatile List<ShardMetrics> latest = List.of();

    Metrics(EventFeed feed, NameLookup lookups, Shards shards) {
        for (int i = 0; i < shards.count(); i++) {
            registerShard(i, shards.loop(i));
        }
        FunctionCounter.builder("gatehouse.events.overflows", feed, EventFeed::overflows)
                .register(registry);
        FunctionCounter.builder("gatehouse.lookups.refused", lookups, NameLookup::refused)
                .register(registry);
        FunctionCounter.builder("gatehouse.lookups.mismatched", lookups, NameLookup::mismatched)
                .description("answers to questions that were not asked")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private void registerShard(int shard, Shard<ShardCommand> loop) {
        counters(
                shard,
                "gatehouse.udp",
                dev.gatehouse.transport.udp.UdpCounter.values(),
                "what",
                ShardMetrics::udp);
        counters(
                shard,
                "gatehouse.tun",
                dev.gatehouse.transport.tun.TunCounter.values(),
                "what",
                ShardMetrics::tun);
        counters(
                shard,
                "gatehouse.connectivity.dropped",
                dev.gatehouse.connectivity.path.DropReason.values(),
                "reason",
                ShardMetrics::connectivityDrops);
        counters(
                shard,
                "gatehouse.gateway.dropped",
                dev.gatehouse.dataplane.gateway.drop.DropReason.values(),
                "reason",
                ShardMetrics::gatewayDrops);
        gauge(shard, "gatehouse.clients", ShardMetrics::clients);
        gauge(shard, "gatehouse.connections", ShardMetrics::connections);
        gauge(shard, "gatehouse.relays.allocated", ShardMetrics::relaysAllocated);
        gauge(shard, "gatehouse.names", ShardMetrics::names);
        gauge(shard, "gatehouse.nat.sessions", ShardMetrics::natSessions);
        gauge(shard, "gatehouse.nat.sessions.told", ShardMetrics::natSessionsTold);
        var tags = tags(shard);
        FunctionCounter.builder(
                        "gatehouse.nat.sessions.untold",
                        this,
                        m -> m.latest(shard).natSessionsUntold())
                .description("translations that a restarted data plane would not have, for a limit")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("gatehouse.udp.unsendable", this, m -> m.latest(shard).unsendable())
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("gatehouse.shard.commands.refused", loop, Shard::refusedCommands)
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("gatehouse.shard.busy.seconds", loop, l -> l.busyNs() / 1e9)
                .description("time at work; its rate is the saturation of the packet thread")
                .tags(tags)
                .register(registry);
    }

    private static Tags tags(int shard) {
        return Tags.of("shard", Integer.toString(shard));
    }

    private ShardMetrics latest(int shard) {
        var all = latest;
        return shard < all.size() ? all.get(shard) : ShardMetrics.NONE;
    }

    private <E extends Enum<E>> void counters(
            int shard,
            String name,
            E[] values,
            String label,
            Function<ShardMetrics, Map<E, Long>> totals) {
        for (E value : values) {
            FunctionCounter.builder(
                            name, this, m -> totals.apply(m.latest(shard)).getOrDefault(value, 0L))
                    .tags(tags(shard).and(label, value.name().toLowerCase(Locale.ROOT)))
                    .register(registry);
        }
    }

    private void gauge(int shard, String name, ToDoubleFunction<ShardMetrics> value) {
        Gauge.builder(name, this, m -> value.applyAsDouble(m.latest(shard)))
                .tags(tags(shard))
                .register(registry);
    }

    void dnsServer(TunnelDnsServer server) {
        FunctionCounter.builder("gatehouse.dns.mismatched", server, TunnelDnsServer::mismatched)
                .description("messages of nameservers that were no answer to what was asked")
                .register(registry);
        for (var what : DnsRefusals.What.values()) {
            FunctionCounter.builder(
                            "gatehouse.dns.refused", server.refusals(), all -> all.get(what))
                    .description("what clients ask of the gateway's DNS server past its limits")
                    .tag("what", what.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    /// Counts what could not be done to lead clients' packets to their shards.
    void routes(ClientRoutes routes) {
        FunctionCounter.builder("gatehouse.routes.failed", routes, ClientRoutes::failed)
                .register(registry);
    }

    /// Counts what of the host was put back, and tells whether it passes packets on.
    void host(HostGuard host) {
        for (var what : Restored.values()) {
            FunctionCounter.builder("gatehouse.host.restored", host, h -> h.restored(what))
                    .description("what others took away from the host's network, and we put back")
                    .tag("what", what.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder("gatehouse.host.fault", host, Metrics::fault)
                .description("1 while the host passes no packets of the tunnel on")
                .register(registry);
        Gauge.builder("gatehouse.host.warnings", host, Metrics::warnings).register(registry);
    }

    private static int fault(HostGuard host) {
        return host.health().flatMap(HostHealth::fault).isPresent() ? 1 : 0;
    }

    private static int warnings(HostGuard host) {
        return host.health().map(health -> health.warnings().size()).orElse(0);
    }

    /// Tells which implementation of the cipher packets go through, once it runs at full speed.
    void cipher(String implementation) {
        Gauge.builder("gatehouse.cipher", () -> 1)
                .tag("implementation", implementation)
                .register(registry);
    }

    MeterRegistry registry() {
        return registry;
    }

    /// @param shards the newest figures of each, in order
    String scrape(List<ShardMetrics> shards) {
        latest = shards;
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
