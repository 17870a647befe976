package dev.gatehouse.ice;

import java.time.Duration;

/// How often pairs are checked and when one is given up, tunnel.md section 2.11.
///
/// @param activeInitialNs delay after the first check; doubles up to `activeMaxNs`
/// @param activeAttempts unanswered checks after which a pair is dead; also how many are remembered
/// @param idleNs delay between any two checks in idle mode
/// @param idleAfterNs time without application packets after which the owner sets the agent idle
/// @param disconnectedGraceNs time in [IceState#DISCONNECTED] after which the owner gives up
/// @param candidateTimeoutNs time without any remote candidate after which the owner gives up
public record IceTimeouts(
        long activeInitialNs,
        long activeMaxNs,
        int activeAttempts,
        long idleNs,
        int idleAttempts,
        long idleAfterNs,
        long disconnectedGraceNs,
        long candidateTimeoutNs) {
    private static final long IDLE_NS = Duration.ofSeconds(25).toNanos();
    private static final long IDLE_AFTER_NS = Duration.ofSeconds(20).toNanos();
    private static final long DISCONNECTED_GRACE_NS = Duration.ofSeconds(2).toNanos();
    private static final long SILENCE_NS = Duration.ofSeconds(8).toNanos();
    private static final long CANDIDATE_TIMEOUT_NS = Duration.ofSeconds(10).toNanos();

    public IceTimeouts {
        if (activeInitialNs < 1 || activeMaxNs < activeInitialNs || idleNs < 1) {
            throw new IllegalArgumentException("delays must be positive, initial <= max");
        }
        if (activeAttempts < 1 || idleAttempts < 1) {
            throw new IllegalArgumentException("attempts must be positive");
        }
    }

    /// A dead path is noticed after 15.25 s when active, 100 s when idle: clients detect failures.
    public static IceTimeouts clientDefaults() {
        return of(Duration.ofMillis(1500), 12, 4);
    }

    /// About 600 s when active, 1,000 s when idle: a gateway leaves failures to its clients.
    public static IceTimeouts gatewayDefaults() {
        return of(Duration.ofSeconds(15), 45, 40);
    }

    private static IceTimeouts of(Duration activeMax, int activeAttempts, int idleAttempts) {
        return new IceTimeouts(
                Duration.ofMillis(250).toNanos(),
                activeMax.toNanos(),
                activeAttempts,
                IDLE_NS,
                idleAttempts,
                IDLE_AFTER_NS,
                DISCONNECTED_GRACE_NS,
                CANDIDATE_TIMEOUT_NS);
    }

    /// How much longer the peer may be silent on one pair than on another before it counts as gone
    /// from there. Clients check all pairs every 1.5 s, or every 25 s when idle.
    long silenceNs(boolean idle) {
        return idle ? 2 * idleNs + SILENCE_NS : SILENCE_NS;
    }

    int attempts(boolean idle) {
        return idle ? idleAttempts : activeAttempts;
    }

    long maxDelayNs(boolean idle) {
        return idle ? idleNs : activeMaxNs;
    }

    /// The delay before the next check, for `n` checks so far.
    long delayNs(boolean idle, int n) {
        if (n == 0) {
            return 0;
        }
        if (idle) {
            return idleNs;
        }
        int doublings = Math.min(n - 1, 20); // 2^20 * 250 ms is beyond every maximum
        return Math.min(activeInitialNs << doublings, activeMaxNs);
    }
}
