package dev.gatehouse.connectivity.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CandidateChangesTest {
    private record Told(String peerId, List<String> added, List<String> removed) {}

    private final CandidateChanges changes = new CandidateChanges();

    @Test
    void candidateThatCameAndWentIsToldAsGone() {
        changes.add("peer", "a");
        changes.add("peer", "b");
        changes.remove("peer", "a");

        assertThat(drain()).containsExactly(new Told("peer", List.of("b"), List.of("a")));
    }

    @Test
    void candidateThatWentAndCameIsToldAsAdded() {
        changes.remove("peer", "a");
        changes.add("peer", "b");
        changes.add("peer", "a");

        assertThat(drain()).containsExactly(new Told("peer", List.of("b", "a"), List.of()));
    }

    @Test
    void eachPeerHearsOnceWhatIsItsOwn() {
        changes.add("two", "a");
        changes.add("one", "a");
        changes.remove("two", "b");

        assertThat(drain())
                .containsExactly(
                        new Told("two", List.of("a"), List.of("b")),
                        new Told("one", List.of("a"), List.of()));
        assertThat(drain()).isEmpty();
    }

    private List<Told> drain() {
        var told = new ArrayList<Told>();
        changes.drainTo((peer, added, removed) -> told.add(new Told(peer, added, removed)));
        return told;
    }
}
