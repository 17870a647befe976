package dev.gatehouse.channel.message.part;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Candidate lines for one or several peers of the sender, or from one peer; those that cannot be
/// parsed are skipped by whoever uses them.
public record Candidates(List<String> peerIds, List<String> candidates) {
    private static final int PRIORITY_WORD = 3;

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

    /// What is sent to one peer: by descending priority, portal-channel.md 3.2.
    public static Candidates strongestFirst(String peerId, Collection<String> candidates) {
        var sorted =
                candidates.stream()
                        .sorted(Comparator.comparingLong(Candidates::priority).reversed())
                        .toList();
        return of(peerId, sorted);
    }

    /// The fourth word of `candidate:1 1 udp 2130706175 …`; 0 if it is something else.
    private static long priority(String candidate) {
        var words = candidate.split(" ", PRIORITY_WORD + 2);
        return words.length > PRIORITY_WORD && words[PRIORITY_WORD].matches("\\d{1,10}")
                ? Long.parseLong(words[PRIORITY_WORD])
                : 0;
    }

    /// The one peer, in messages that carry exactly one.
    public String peerId() {
        return peerIds.getFirst();
    }
}
