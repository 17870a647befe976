package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.limit.LimitCounters;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Queue;
import java.util.TreeSet;

/// Whose message is next: sessions take turns, one message each, so that one which sends a thousand
/// delays another by no more than one. Who has spent its `Quota`, or does not read its answers,
/// waits without being asked.
public final class Turns {
    static final long NEVER = Long.MAX_VALUE;

    /// A session that still sends more than it may after so long does not mean well.
    private static final long THROTTLED_MAX_NS = Duration.ofSeconds(10).toNanos();

    private final Queue<Session> ready = new ArrayDeque<>();
    private final TreeSet<Session> waiting =
            new TreeSet<>(Comparator.comparingLong(Session::readyAtNs).thenComparing(Session::id));
    private final LimitCounters counters;

    public Turns(LimitCounters counters) {
        this.counters = counters;
    }

    /// One text of the session; it waits for its turn.
    ///
    /// @return true if nothing more of the session may be read until [#handleServed] says so
    public boolean offer(Session session, String text, long nowNs) {
        session.heard(nowNs);
        boolean isFull = session.inbox().add(text);
        if (isFull) {
            counters.met(Limit.INBOX);
        }
        handleWork(session, nowNs);
        return isFull;
    }

    /// The session has something in its inbox, or reads again.
    private void handleWork(Session session, long nowNs) {
        if (session.turn() != Session.Turn.NONE
                || session.inbox().isEmpty()
                || !session.readsAnswers()) {
            return;
        }
        if (session.quota().readyAtNs() > nowNs) {
            throttle(session, nowNs);
        } else {
            session.turn(Session.Turn.READY);
            ready.add(session);
        }
    }

    private void throttle(Session session, long nowNs) {
        if (session.throttledSinceNs() == NEVER) {
            session.throttledSince(nowNs);
            counters.met(Limit.THROTTLED);
        }
        session.readyAt(session.quota().readyAtNs());
        session.turn(Session.Turn.WAITING);
        waiting.add(session);
    }

    /// Returns the session whose turn it is, or null; [#handleServed] puts it behind the others.
    public Session next(long nowNs) {
        handleTimeout(nowNs);
        var session = ready.poll();
        if (session != null) {
            session.turn(Session.Turn.NONE);
        }
        return session;
    }

    /// Whether the session has sent more than it may for so long that it is to be closed.
    public boolean isFlood(Session session, long nowNs) {
        return nowNs - session.throttledSinceNs() > THROTTLED_MAX_NS;
    }

    /// The next text of the session whose turn it is.
    public String take(Session session) {
        return session.inbox().poll();
    }

    /// The text that was taken is done with.
    ///
    /// @return true once when reading of the session may go on
    public boolean handleServed(Session session, long nowNs) {
        boolean hasRoomAgain = session.inbox().hasRoomAgain();
        if (session.inbox().isEmpty()) {
            session.throttledSince(NEVER);
        }
        handleWork(session, nowNs);
        return hasRoomAgain;
    }

    /// The next text of a session that is about to go, or null if there is none it could pay for.
    public String takeLast(Session session, long nowNs) {
        boolean isOver = session.inbox().isEmpty() || session.quota().readyAtNs() > nowNs;
        return isOver ? null : session.inbox().poll();
    }

    /// Whether the peer takes what it is sent; who does not is not served meanwhile.
    public void handleReading(Session session, boolean reads, long nowNs) {
        session.readsAnswers(reads);
        if (reads) {
            handleWork(session, nowNs);
        } else {
            counters.met(Limit.ANSWERS_UNREAD);
            session.throttledSince(NEVER);
            forget(session);
        }
    }

    private void handleTimeout(long nowNs) {
        while (!waiting.isEmpty() && waiting.first().readyAtNs() <= nowNs) {
            var session = waiting.pollFirst();
            session.turn(Session.Turn.NONE);
            handleWork(session, nowNs);
        }
    }

    public boolean hasReady() {
        return !ready.isEmpty();
    }

    public long pollTimeout() {
        return waiting.isEmpty() ? NEVER : waiting.first().readyAtNs();
    }

    public void forget(Session session) {
        switch (session.turn()) {
            case READY -> ready.remove(session);
            case WAITING -> waiting.remove(session);
            case NONE -> {}
        }
        session.turn(Session.Turn.NONE);
    }
}
