package dev.gatehouse.channel.session;

import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/// The delays of one outage, as [ReconnectPolicy] describes them.
final class Backoff {
    private static final long NONE = -1;

    private final ReconnectPolicy policy;
    private final RandomGenerator random;
    private boolean everJoined;
    private long outageSinceNs = NONE;
    private double currentNs;

    Backoff(ReconnectPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
    }

    void handleJoined() {
        everJoined = true;
        reset();
    }

    void reset() {
        outageSinceNs = NONE;
    }

    /// Returns the delay before the next attempt, or empty if the budget does not allow one.
    OptionalLong next(long nowNs) {
        if (outageSinceNs == NONE) {
            outageSinceNs = nowNs;
            currentNs = policy.initial().toNanos();
        }
        long outageNs = nowNs - outageSinceNs;
        long delayNs = delayNs(outageNs);
        boolean exhausted =
                !policy.budget().isZero() && outageNs + delayNs > policy.budget().toNanos();
        return exhausted ? OptionalLong.empty() : OptionalLong.of(delayNs);
    }

    private long delayNs(long outageNs) {
        if (!everJoined && outageNs < policy.firstPeriod().toNanos()) {
            return policy.firstRetry().toNanos();
        }
        long delayNs = (long) (currentNs * (0.5 + random.nextDouble()));
        currentNs = Math.min(currentNs * policy.factor(), policy.max().toNanos());
        return Math.min(delayNs, policy.max().toNanos());
    }
}
