package dev.gatehouse.channel.message;

import java.util.List;

/// Candidate lines for one or several peers of the sender, or from one peer; those that cannot be
/// parsed are skipped by whoever uses them.
public record Candidates(List<String> peerIds, List<String> candidates) {
    public Candidates {
        peerIds = Ids.requireList(peerIds, "ids").stream().map(Ids::uuid).toList();
        candidates = Ids.requireList(candidates, "candidates");
        if (peerIds.isEmpty()) {
            throw new IllegalArgumentException("candidates of nobody");
        }
    }

    public static Candidates of(String peerId, List<String> candidates) {
        return new Candidates(List.of(peerId), candidates);
    }

    /// The one peer, in messages that carry exactly one.
    public String peerId() {
        return peerIds.getFirst();
    }
}
