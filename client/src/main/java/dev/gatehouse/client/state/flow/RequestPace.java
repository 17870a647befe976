package dev.gatehouse.client.state.flow;

import java.time.Duration;

/// How often the portal is asked for one resource: at once after a pause of the traffic, and ever
/// less often while traffic goes on in vain.
///
/// Goes beyond client.md 15.2 and 15.4, by which each packet asks again once a request was refused
/// as offline. A person who tries again after 2 s is never held back, nor is a TCP that repeats its
/// SYN.
final class RequestPace {
    private static final long PAUSE_NS = Duration.ofSeconds(2).toNanos();
    private static final long FIRST_NS = Duration.ofSeconds(1).toNanos();

    /// While an answer is due, client.md 15.2.
    private static final long UNANSWERED_NS = Duration.ofSeconds(2).toNanos();

    private static final int DOUBLINGS_MAX = 6;

    private final long mostNs;
    private long triggeredAtNs = -PAUSE_NS;
    private long askedAtNs;
    private int asked; // since the last pause

    /// @param most the longest that traffic waits before it asks again
    RequestPace(Duration most) {
        mostNs = most.toNanos();
    }

    /// Returns true if it is time to ask; then that counts as done.
    ///
    /// @param unanswered whether an answer is still due
    boolean handleTrigger(boolean unanswered, long nowNs) {
        if (nowNs >= triggeredAtNs + PAUSE_NS) {
            asked = 0;
        }
        triggeredAtNs = nowNs;
        if (asked > 0 && nowNs < askedAtNs + intervalNs(unanswered)) {
            return false;
        }
        handleAsked(nowNs);
        return true;
    }

    private long intervalNs(boolean unanswered) {
        long intervalNs = Math.min(mostNs, FIRST_NS << Math.min(asked - 1, DOUBLINGS_MAX));
        return unanswered ? Math.max(UNANSWERED_NS, intervalNs) : intervalNs;
    }

    /// Asked for another reason than traffic.
    void handleAsked(long nowNs) {
        askedAtNs = nowNs;
        asked++;
    }

    /// The network is another one: what was in vain may not be so here.
    void reset() {
        asked = 0;
    }
}
