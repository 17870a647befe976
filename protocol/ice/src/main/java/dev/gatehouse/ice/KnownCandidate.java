package dev.gatehouse.ice;

/// A candidate and whether it was invalidated. Pairs refer to this, so that a signalled candidate
/// can take the place of a peer-reflexive one.
final class KnownCandidate {
    private Candidate candidate;
    private boolean discarded;
    private int pairs;

    KnownCandidate(Candidate candidate) {
        this.candidate = candidate;
    }

    Candidate candidate() {
        return candidate;
    }

    void replace(Candidate by) {
        candidate = by;
    }

    boolean isLive() {
        return !discarded;
    }

    void discard() {
        discarded = true;
    }

    void revive() {
        discarded = false;
    }

    void joinPair() {
        pairs++;
    }

    void leavePair() {
        pairs--;
    }

    boolean isPaired() {
        return pairs > 0;
    }
}
