package dev.gatehouse.ice;

import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayDeque;

/// A local and a remote candidate, and the checks between them (tunnel.md sections 2.7 and 2.11).
///
/// Remembers its latest checks; a pair whose remembered checks all stayed unanswered is dead.
final class CandidatePair {
    private final Role role;
    private final IceTimeouts timeouts;
    private final ArrayDeque<Check> checks = new ArrayDeque<>();
    private KnownCandidate local;
    private KnownCandidate remote;
    private boolean idle;
    private boolean succeeded;
    private boolean nominated;
    private boolean triggered;
    private long nextCheckNs;
    private long nominatedNs;
    private long heardNs;

    CandidatePair(Role role, IceTimeouts timeouts, KnownCandidate local, KnownCandidate remote) {
        this.role = role;
        this.timeouts = timeouts;
        this.local = local;
        this.remote = remote;
    }

    KnownCandidate local() {
        return local;
    }

    KnownCandidate remote() {
        return remote;
    }

    Endpoint base() {
        return local.candidate().base();
    }

    Endpoint address() {
        return remote.candidate().address();
    }

    boolean isOf(KnownCandidate candidate) {
        return local == candidate || remote == candidate;
    }

    /// A better pair for the same path takes the place of this one: what is known of it stays.
    void replace(KnownCandidate newLocal, KnownCandidate newRemote) {
        leave();
        local = newLocal;
        remote = newRemote;
        join();
    }

    /// To be called when the pair comes into use: its candidates know that they have pairs.
    void join() {
        local.joinPair();
        remote.joinPair();
    }

    void leave() {
        local.leavePair();
        remote.leavePair();
    }

    /// Equal at both peers. All 64 bits are used: compare with [Long#compareUnsigned].
    long priority() {
        return priority(role, local.candidate(), remote.candidate());
    }

    static long priority(Role role, Candidate local, Candidate remote) {
        boolean isControlling = role == Role.CONTROLLING;
        long controlling = isControlling ? local.priority() : remote.priority();
        long controlled = isControlling ? remote.priority() : local.priority();
        return (Math.min(controlling, controlled) << 32)
                + 2 * Math.max(controlling, controlled)
                + (controlling > controlled ? 1 : 0);
    }

    boolean isNominated() {
        return nominated;
    }

    boolean isSucceeded() {
        return succeeded;
    }

    /// The next check jumps the queue.
    void nominate(long nowNs) {
        nominated = true;
        nominatedNs = nowNs;
        nextCheckNs = nowNs;
    }

    /// A request of the peer arrived before any of our checks was answered: its NAT is open to us,
    /// so checking again at once saves the wait for the next regular check. Once only.
    void handleRequest(long nowNs) {
        heardNs = nowNs;
        if (!succeeded && !triggered && !checks.isEmpty()) {
            triggered = true;
            nextCheckNs = nowNs;
        }
    }

    void restoreSucceeded() {
        succeeded = true;
        nominated = true;
    }

    /// When it was nominated, the last time.
    long nominatedNs() {
        return nominatedNs;
    }

    /// When the peer was last heard on this pair, by a request or an answer; not before the end of
    /// idle mode, in which it says little.
    long heardNs() {
        return heardNs;
    }

    void setIdle(boolean idle, long nowNs) {
        this.idle = idle;
        heardNs = idle ? heardNs : nowNs;
        forgetOldChecks();
        schedule(nowNs);
    }

    void handleSent(TransactionId id, long nowNs) {
        checks.addLast(new Check(id, nowNs));
        forgetOldChecks();
        schedule(nowNs);
    }

    private void forgetOldChecks() {
        while (checks.size() > timeouts.attempts(idle)) {
            checks.removeFirst();
        }
    }

    boolean sent(TransactionId id) {
        return find(id) != null;
    }

    void handleAnswer(TransactionId id, long nowNs) {
        Check check = find(id);
        if (check == null) {
            return;
        }
        check.answered = true;
        succeeded = true;
        heardNs = nowNs;
        schedule(nowNs);
    }

    private Check find(TransactionId id) {
        for (Check check : checks) {
            if (check.id.equals(id)) {
                return check;
            }
        }
        return null;
    }

    private void schedule(long nowNs) {
        if (checks.isEmpty()) {
            nextCheckNs = nowNs;
            return;
        }
        int unanswered = unanswered();
        long maxNs = timeouts.maxDelayNs(idle);
        boolean silent = unanswered > 0 && nowNs - oldestUnansweredNs(unanswered) > maxNs / 2;
        int n = silent ? unanswered : checks.size();
        long dueNs = checks.getLast().sentNs + timeouts.delayNs(idle, n);
        nextCheckNs = Math.min(dueNs, nowNs + maxNs);
    }

    /// The next time at which this pair must be checked or is dead.
    long nextCheckNs() {
        return nextCheckNs;
    }

    boolean isDead(long nowNs) {
        int attempts = timeouts.attempts(idle);
        return checks.size() >= attempts
                && unanswered() >= attempts
                && nowNs >= checks.getLast().sentNs + timeouts.delayNs(idle, attempts);
    }

    /// Consecutive unanswered checks, from the newest back.
    private int unanswered() {
        int count = 0;
        for (var newest = checks.descendingIterator(); newest.hasNext(); count++) {
            if (newest.next().answered) {
                break;
            }
        }
        return count;
    }

    private long oldestUnansweredNs(int unanswered) {
        var newest = checks.descendingIterator();
        long sentNs = 0;
        for (int i = 0; i < unanswered; i++) {
            sentNs = newest.next().sentNs;
        }
        return sentNs;
    }
}
