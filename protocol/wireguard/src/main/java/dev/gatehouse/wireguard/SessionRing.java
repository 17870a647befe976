package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.message.WireGuardConstants.SESSIONS_MAX;

import dev.gatehouse.wireguard.crypto.Aead;

/// The last 8 sessions of a tunnel by session number, tunnel.md 4.3; a newer one evicts the one
/// that is 8 numbers older. Never evicts the session used for sending.
final class SessionRing {
    private static final int NUMBER_MASK = 0xFF;

    private final int connectionId;
    private final Aead aead;
    private final Session[] slots = new Session[SESSIONS_MAX];
    private Session current; // null until a session may be used for sending
    private int number;

    SessionRing(int connectionId, Aead aead) {
        this.connectionId = connectionId;
        this.aead = aead;
    }

    /// Number of the newest index given out, 0 before the first.
    int number() {
        return number;
    }

    void continueAfter(int lastNumber) {
        number = lastNumber & NUMBER_MASK;
    }

    /// The local index of the next handshake message of ours.
    int takeIndex() {
        number = number + 1 & NUMBER_MASK;
        if (current != null && slot(number) == slot(current.localIndex())) {
            number = number + 1 & NUMBER_MASK;
        }
        return connectionId << 8 | number;
    }

    void put(Session session) {
        int slot = slot(session.localIndex());
        if (slots[slot] != null) {
            remove(slot);
        }
        slots[slot] = session;
    }

    /// The session that the peer knows by `index`, or null.
    Session find(int index) {
        var session = slots[slot(index)];
        return session != null && session.localIndex() == index ? session : null;
    }

    /// The session used for sending, or null while there is none or it is too old.
    Session current(long nowNs) {
        return current != null && current.isFresh(nowNs) ? current : null;
    }

    boolean isCurrent(Session session) {
        return current == session;
    }

    /// Sends on `session` from here on, unless the one in use is younger. Returns whether it does.
    boolean promote(Session session) {
        if (current != null && session.establishedNs() < current.establishedNs()) {
            return false;
        }
        current = session;
        return true;
    }

    /// Removes what is expired; returns whether one was the current session and began with us.
    boolean expire(long nowNs) {
        boolean isOurs = current != null && current.isInitiator() && nowNs >= current.expiresNs();
        for (int i = 0; i < SESSIONS_MAX; i++) {
            if (slots[i] != null && nowNs >= slots[i].expiresNs()) {
                remove(i);
            }
        }
        return isOurs;
    }

    /// When the next session expires, or [TimerTable#NEVER].
    long nextExpiryNs() {
        long next = TimerTable.NEVER;
        for (var session : slots) {
            next = session == null ? next : Math.min(next, session.expiresNs());
        }
        return next;
    }

    void clear() {
        for (int i = 0; i < SESSIONS_MAX; i++) {
            if (slots[i] != null) {
                remove(i);
            }
        }
    }

    private void remove(int slot) {
        if (slots[slot] == current) {
            current = null;
        }
        slots[slot].close(aead);
        slots[slot] = null;
    }

    private static int slot(int index) {
        return index & SESSIONS_MAX - 1;
    }
}
