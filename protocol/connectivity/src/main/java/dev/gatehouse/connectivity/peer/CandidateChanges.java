package dev.gatehouse.connectivity.peer;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/// Candidates of ours that peers are to hear of together, in the order in which they came. Of one
/// that came and went, or went and came, only the last is told, so that it does not matter which of
/// the two lists arrives first. Drain it at the end of each turn: it has no limit of its own.
///
/// Not thread-safe: belongs to whoever drains the node's events.
public final class CandidateChanges {
    /// Takes what one peer is to hear: SDP lines, none of them in both lists.
    @FunctionalInterface
    public interface Sink {
        void tell(String peerId, List<String> added, List<String> removed);
    }

    private record Changes(SequencedSet<String> added, SequencedSet<String> removed) {
        Changes() {
            this(new LinkedHashSet<>(), new LinkedHashSet<>());
        }
    }

    private final Map<String, Changes> byPeer = new LinkedHashMap<>();

    public void add(String peerId, String sdp) {
        var changes = of(peerId);
        changes.removed.remove(sdp);
        changes.added.add(sdp);
    }

    public void remove(String peerId, String sdp) {
        var changes = of(peerId);
        changes.added.remove(sdp);
        changes.removed.add(sdp);
    }

    private Changes of(String peerId) {
        return byPeer.computeIfAbsent(peerId, _ -> new Changes());
    }

    /// Tells everything and forgets it.
    public void drainTo(Sink sink) {
        if (byPeer.isEmpty()) {
            return;
        }
        byPeer.forEach(
                (peerId, changes) ->
                        sink.tell(
                                peerId, List.copyOf(changes.added), List.copyOf(changes.removed)));
        byPeer.clear();
    }

    public void clear() {
        byPeer.clear();
    }
}
