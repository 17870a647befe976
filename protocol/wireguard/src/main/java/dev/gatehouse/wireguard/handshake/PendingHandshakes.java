package dev.gatehouse.wireguard.handshake;

/// Our initiations that wait for a response: the newest, and the one before it, whose response may
/// be late. Holds keys: whatever falls out is wiped.
public final class PendingHandshakes implements AutoCloseable {
    private PendingHandshake newest; // null if none waits
    private PendingHandshake previous;

    /// Takes the one that was begun last; forgets all but the one before it.
    public void add(PendingHandshake handshake) {
        closePrevious();
        previous = newest;
        newest = handshake;
    }

    /// The one that a response to `localIndex` is for, or null.
    public PendingHandshake waitingFor(int localIndex) {
        if (newest != null && newest.localIndex() == localIndex) {
            return newest;
        }
        return previous != null && previous.localIndex() == localIndex ? previous : null;
    }

    /// Forgets `answered` and what is older.
    public void forgetUpTo(PendingHandshake answered) {
        closePrevious();
        if (answered == newest) {
            newest.close();
            newest = null;
        }
    }

    private void closePrevious() {
        if (previous != null) {
            previous.close();
            previous = null;
        }
    }

    /// Forgets all.
    @Override
    public void close() {
        closePrevious();
        if (newest != null) {
            newest.close();
            newest = null;
        }
    }
}
