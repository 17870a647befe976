package dev.gatehouse.connectivity.peer;

import java.time.Duration;

/// When to signal candidates again. What changed our relay often cuts both peers off the portal,
/// too, and a portal drops what it is to pass on to a peer whose socket is dead or away. So the
/// candidates of a connection that had a path are signalled again 1, 3 and 7 s after a change,
/// until the peer is heard.
public final class SignalRepeat {
    static final long NEVER = Long.MAX_VALUE;

    private static final long FIRST_AFTER_NS = Duration.ofSeconds(1).toNanos();
    private static final int REPEATS_MAX = 3;

    private long changedNs;
    private long waitNs;
    private long dueNs = NEVER;
    private int repeats;

    /// A path is to be found through a candidate just signalled.
    public void handleChanged(long nowNs) {
        changedNs = nowNs;
        waitNs = FIRST_AFTER_NS;
        dueNs = nowNs + waitNs;
        repeats = 0;
    }

    /// Returns true if candidates are to be signalled now.
    ///
    /// @param heardNs when the peer was last heard
    public boolean isDue(long heardNs, long nowNs) {
        if (nowNs < dueNs) {
            return false;
        }
        if (heardNs > changedNs || repeats == REPEATS_MAX) {
            dueNs = NEVER;
            return false;
        }
        repeats++;
        waitNs *= 2;
        dueNs = nowNs + waitNs;
        return true;
    }

    /// When [#isDue] has something to say, or [#NEVER].
    public long deadlineNs() {
        return dueNs;
    }
}
