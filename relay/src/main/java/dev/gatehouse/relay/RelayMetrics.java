package dev.gatehouse.relay;

import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.relay.server.statistics.RelayStatistics.MessageType;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// The metrics of relay.md 13, read from the totals that the relay's thread publishes. The registry
/// holds the agent weakly: whoever binds it keeps it.
final class RelayMetrics {
    private static final String DROPPED = "DROPPED_";

    private final MeterRegistry registry;
    private final RelayAgent agent;

    private RelayMetrics(MeterRegistry registry, RelayAgent agent) {
        this.registry = registry;
        this.agent = agent;
    }

    static void bind(MeterRegistry registry, RelayAgent agent) {
        var metrics = new RelayMetrics(registry, agent);
        metrics.bindGauges();
        for (var type : MessageType.values()) {
            for (int code : RelayStatistics.codes()) {
                metrics.bindReplies(type, code);
            }
        }
        for (var counter : RelayCounter.values()) {
            metrics.bindCounter(counter);
        }
    }

    private void bindGauges() {
        Gauge.builder("relay.active.allocations", agent, a -> a.statistics().allocations())
                .description("Allocations in being")
                .register(registry);
        Gauge.builder("relay.active.channels", agent, a -> a.statistics().channels())
                .description("Channels bound or in their grace period")
                .register(registry);
    }

    private void bindReplies(MessageType type, int code) {
        FunctionCounter.builder("relay.responses", agent, a -> a.statistics().replies(type, code))
                .description("Replies to STUN and TURN requests")
                .tag("response_class", code == 0 ? "success" : "error")
                .tag("message_type", type.name().toLowerCase(Locale.ROOT))
                .tag("error_code", code == 0 ? "" : Integer.toString(code))
                .register(registry);
    }

    private void bindCounter(RelayCounter counter) {
        ToDoubleFunction<RelayAgent> total = a -> a.statistics().get(counter);
        String name = counter.name();
        if (name.startsWith(DROPPED)) {
            FunctionCounter.builder("relay.dropped", agent, total)
                    .description("Datagrams that got neither relayed nor answered")
                    .tag("reason", name.substring(DROPPED.length()).toLowerCase(Locale.ROOT))
                    .register(registry);
        } else {
            FunctionCounter.builder(
                            "relay." + name.toLowerCase(Locale.ROOT).replace('_', '.'),
                            agent,
                            total)
                    .register(registry);
        }
    }
}
