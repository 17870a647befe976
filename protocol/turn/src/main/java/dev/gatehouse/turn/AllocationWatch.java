package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.time.Duration;
import java.util.Optional;

/// Whether a relay may have lost our allocation though it answers BINDING: a translator on the way
/// has given us another port, our address is another, or the relay has forgotten.
///
/// Two signs: an answer shows another mapped address than the one the allocation was made from, and
/// nothing comes back on channels for 2 s, then for twice as long each time. Either is only a
/// suspicion, for which the owner asks with a REFRESH.
public final class AllocationWatch {
    /// How often a relay in use is to be asked how it sees us.
    public static final long LOOK_EVERY_NS = Duration.ofSeconds(1).toNanos();

    private static final long NEVER = Long.MAX_VALUE;
    private static final long QUIET_MIN_NS = Duration.ofSeconds(2).toNanos();
    private static final long QUIET_MAX_NS = Duration.ofSeconds(64).toNanos();

    private Optional<Endpoint> mapped = Optional.empty();
    private long nextLookNs;
    private long unansweredSinceNs = NEVER;
    private long quietNs = QUIET_MIN_NS;

    /// A new allocation.
    ///
    /// @param seen where it was made from, as the relay says; if it does not, the next look counts
    void handleGranted(Optional<Endpoint> seen) {
        mapped = seen;
        unansweredSinceNs = NEVER;
        quietNs = QUIET_MIN_NS;
    }

    /// How the relay sees us. Returns true, once, if that is not where the allocation was
    /// made from.
    boolean handleSeen(Endpoint seen) {
        boolean hasMoved = mapped.filter(m -> !m.equals(seen)).isPresent();
        mapped = Optional.of(seen);
        return hasMoved;
    }

    boolean isLookDue(long nowNs) {
        if (nowNs < nextLookNs) {
            return false;
        }
        nextLookNs = nowNs + LOOK_EVERY_NS;
        return true;
    }

    /// Something went out on a channel. Runs per batch of packets.
    void handleSent(long nowNs) {
        if (unansweredSinceNs == NEVER) {
            unansweredSinceNs = nowNs;
        }
    }

    /// Something came in on a channel. Runs per packet.
    void handleReceived() {
        unansweredSinceNs = NEVER;
        quietNs = QUIET_MIN_NS;
    }

    /// Returns true if channels have been silent for too long; the next time is later.
    boolean isTooQuiet(long nowNs) {
        if (unansweredSinceNs == NEVER || nowNs - unansweredSinceNs < quietNs) {
            return false;
        }
        unansweredSinceNs = nowNs;
        quietNs = Math.min(2 * quietNs, QUIET_MAX_NS);
        return true;
    }
}
