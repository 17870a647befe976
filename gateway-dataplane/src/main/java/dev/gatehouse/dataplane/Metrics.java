package dev.gatehouse.dataplane;

import dev.gatehouse.transport.Shard;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// What the data plane counts, for Prometheus. Labels take their values from our own enums only.
final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private volatile ShardMetrics shard = ShardMetrics.NONE;

    Metrics(EventFeed feed, NameLookup lookups, Shard<ShardCommand> loop) {
        counters(
                "gatehouse.udp",
                dev.gatehouse.transport.UdpCounter.values(),
                "what",
                ShardMetrics::udp);
        counters(
                "gatehouse.tun",
                dev.gatehouse.transport.TunCounter.values(),
                "what",
                ShardMetrics::tun);
        counters(
                "gatehouse.connectivity.dropped",
                dev.gatehouse.connectivity.DropReason.values(),
                "reason",
                ShardMetrics::connectivityDrops);
        counters(
                "gatehouse.gateway.dropped",
                dev.gatehouse.dataplane.gateway.DropReason.values(),
                "reason",
                ShardMetrics::gatewayDrops);
        gauge("gatehouse.clients", ShardMetrics::clients);
        gauge("gatehouse.connections", ShardMetrics::connections);
        gauge("gatehouse.relays.allocated", ShardMetrics::relaysAllocated);
        gauge("gatehouse.nat.sessions", ShardMetrics::natSessions);
        FunctionCounter.builder("gatehouse.udp.unsendable", this, m -> m.shard.unsendable())
                .register(registry);
        FunctionCounter.builder("gatehouse.events.overflows", feed, EventFeed::overflows)
                .register(registry);
        FunctionCounter.builder("gatehouse.lookups.refused", lookups, NameLookup::refused)
                .register(registry);
        FunctionCounter.builder("gatehouse.shard.commands.refused", loop, Shard::refusedCommands)
                .register(registry);
        FunctionCounter.builder("gatehouse.shard.busy.seconds", loop, l -> l.busyNs() / 1e9)
                .description("time at work; its rate is the saturation of the packet thread")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private <E extends Enum<E>> void counters(
            String name, E[] values, String label, Function<ShardMetrics, Map<E, Long>> totals) {
        for (E value : values) {
            FunctionCounter.builder(name, this, m -> totals.apply(m.shard).getOrDefault(value, 0L))
                    .tag(label, value.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    private void gauge(String name, ToDoubleFunction<ShardMetrics> value) {
        Gauge.builder(name, this, m -> value.applyAsDouble(m.shard)).register(registry);
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

    String scrape(ShardMetrics latest) {
        shard = latest;
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
