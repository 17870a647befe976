package dev.gatehouse.dataplane.gateway.limit;

/// How much of one thing all clients together may have.
///
/// A client may have no more than a share of what is left, so a few greedy ones leave most of it,
/// and each may have a little whatever is left, so that many greedy ones leave the others that. The
/// limit for all is thus exceeded by that little for each client, at the most.
///
/// Belongs to the owner of the clients.
public final class SharedLimit {
    /// One client may have as much as an eighth of what is left: a lone one a ninth of all.
    private static final int SHARE_OF_REST = 8;

    private final int max;
    private final int guaranteed;
    private int used;

    /// @param guaranteed to each client, whatever others have; 0 or more
    public SharedLimit(int max, int guaranteed) {
        this.max = max;
        this.guaranteed = guaranteed;
    }

    /// Whether a client that has `own` may have another one.
    ///
    /// @param ownMax the limit of each client, whatever is left
    public boolean admits(int own, int ownMax) {
        return own < ownMax
                && (own < guaranteed || used < max && own <= (max - used) / SHARE_OF_REST);
    }

    public void add(int number) {
        used += number;
    }

    public void remove(int number) {
        used -= number;
    }

    public int used() {
        return used;
    }
}
