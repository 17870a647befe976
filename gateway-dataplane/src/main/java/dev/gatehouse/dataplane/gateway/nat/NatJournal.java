package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import java.util.ArrayList;

/// Which translations of all clients have to be told, so that a successor has them too. A session
/// waits at most once, whatever happens to it meanwhile: one that came and went is never told, and
/// the packet path pays for a change of its stage only.
///
/// A [#take] looks at a bounded number; the rest waits for the next one. How many are told is
/// limited for a client, for its unanswered ones, and in all; what is beyond a limit is counted
/// once, and tried again when it reaches another stage. Belongs to the owner of the [NatTable]s.
public final class NatJournal {
    /// Of those that a client has told, at most one in so many was never answered.
    private static final int UNANSWERED_SHARE = 8;

    private static final int TOLD_GUARANTEED = 16;

    private final SharedLimit told;
    private final int toldPerClientMax;
    private final int unansweredPerClientMax;
    private NatSession first;
    private NatSession last;
    private boolean isFollowed;
    private long refused;

    NatJournal(GatewayLimits.Nat limits) {
        told = new SharedLimit(limits.toldMax(), TOLD_GUARANTEED);
        toldPerClientMax = limits.toldPerClientMax();
        unansweredPerClientMax = Math.max(1, toldPerClientMax / UNANSWERED_SHARE);
    }

    /// Whoever listens begins anew: the tables then say again what they have.
    public void begin() {
        isFollowed = true;
    }

    /// Nobody listens.
    public void end() {
        isFollowed = false;
        while (first != null) {
            poll();
        }
    }

    public boolean isEmpty() {
        return first == null;
    }

    /// Sessions that a successor would have.
    public int told() {
        return told.used();
    }

    /// Sessions that were not told, for a limit.
    public long refused() {
        return refused;
    }

    /// The session is made, or may have changed. Runs per packet.
    void note(NatSession session) {
        if (isFollowed && session.seenStage != session.toldStage()) {
            add(session);
        }
    }

    /// The session is expired. What was never told does not wait any longer, or clients that come
    /// and go faster than reports would fill the memory.
    void noteEnd(NatSession session) {
        if (session.isTold()) {
            if (isFollowed) {
                add(session);
            }
        } else if (session.waitsInJournal) {
            remove(session);
        }
    }

    private void add(NatSession session) {
        if (session.waitsInJournal) {
            return;
        }
        session.waitsInJournal = true;
        if (last == null) {
            first = session;
        } else {
            last.nextInJournal = session;
            session.previousInJournal = last;
        }
        last = session;
    }

    private NatSession poll() {
        var session = first;
        remove(session);
        return session;
    }

    private void remove(NatSession session) {
        var before = session.previousInJournal;
        var after = session.nextInJournal;
        if (before == null) {
            first = after;
        } else {
            before.nextInJournal = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previousInJournal = before;
        }
        session.nextInJournal = null;
        session.previousInJournal = null;
        session.waitsInJournal = false;
    }

    /// What a table has told is to be told again, or is gone with its client.
    void forget(NatTable table) {
        told.remove(table.told);
        table.told = 0;
        table.toldUnanswered = 0;
        table.generation++;
    }

    /// Looks at `max` sessions at most.
    public NatChanges take(int max) {
        if (isEmpty()) {
            return NatChanges.NONE;
        }
        var gone = new ArrayList<NatFlow>();
        var changed = new ArrayList<NatFlow>();
        for (int i = 0; i < max && !isEmpty(); i++) {
            var session = poll();
            if (session.isExpired()) {
                if (session.isTold()) {
                    retract(session);
                    gone.add(NatFlow.of(session));
                }
            } else if (tell(session)) {
                changed.add(NatFlow.of(session));
            }
        }
        return new NatChanges(gone, changed);
    }

    private void retract(NatSession session) {
        var table = session.table;
        told.remove(1);
        table.told--;
        table.toldUnanswered -= session.isToldUnanswered ? 1 : 0;
        session.toldGeneration = 0;
    }

    private boolean tell(NatSession session) {
        var table = session.table;
        session.seenStage = session.toldStage();
        if (!session.isTold() && !admit(session)) {
            return false;
        }
        if (session.isToldUnanswered && session.answered) {
            session.isToldUnanswered = false;
            table.toldUnanswered--;
        }
        return true;
    }

    private boolean admit(NatSession session) {
        if (session.isEnding()) {
            return false; // nothing comes of it
        }
        var table = session.table;
        boolean unanswered = !session.answered;
        if (!told.admits(table.told, toldPerClientMax)
                || unanswered && table.toldUnanswered >= unansweredPerClientMax) {
            refused++;
            return false;
        }
        told.add(1);
        table.told++;
        table.toldUnanswered += unanswered ? 1 : 0;
        session.isToldUnanswered = unanswered;
        session.toldGeneration = table.generation;
        return true;
    }
}
