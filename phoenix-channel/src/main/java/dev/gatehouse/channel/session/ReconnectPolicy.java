package dev.gatehouse.channel.session;

import java.time.Duration;

/// When a lost portal is dialled again, portal-channel.md 9.2.
///
/// Until the first successful join it is every `firstRetry` for `firstPeriod`; afterwards, and from
/// then on, `initial` × `factor`ⁿ with ±50 % jitter, at most `max`. Whoever cannot reach the portal
/// at start keeps trying too: the budget alone ends it.
///
/// @param budget how long an outage may last before it is fatal; [Duration#ZERO] = for ever
public record ReconnectPolicy(
        Duration firstRetry,
        Duration firstPeriod,
        Duration initial,
        double factor,
        Duration max,
        Duration budget) {
    public static ReconnectPolicy withBudget(Duration budget) {
        return new ReconnectPolicy(
                Duration.ofSeconds(1),
                Duration.ofSeconds(15),
                Duration.ofMillis(500),
                1.5,
                Duration.ofSeconds(60),
                budget);
    }

    /// Gateways and relays: 24 hours.
    public static ReconnectPolicy daemon() {
        return withBudget(Duration.ofHours(24));
    }

    /// Headless clients: never gives up.
    public static ReconnectPolicy unlimited() {
        return withBudget(Duration.ZERO);
    }
}
