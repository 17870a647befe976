package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.LookupTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// The pairs of an agent, by path and in order of their priorities, at most [#PAIRS_MAX] after
/// [#limit] (tunnel.md section 2.7). The order holds after [#sort] alone: who adds a candidate adds
/// many pairs.
final class CheckList implements Iterable<CandidatePair> {
    static final int PAIRS_MAX = 100;

    private static final Comparator<CandidatePair> BEST_FIRST =
            (a, b) -> Long.compareUnsigned(b.priority(), a.priority());

    private record Path(Endpoint base, Endpoint address) {}

    private final ArrayList<CandidatePair> pairs = new ArrayList<>();
    private final LookupTable<Path, CandidatePair> byPath = new LookupTable<>();

    /// The pair of this path: there is one at most.
    Optional<CandidatePair> find(Endpoint base, Endpoint address) {
        return Optional.ofNullable(byPath.get(new Path(base, address)));
    }

    /// Adds a pair of a path that has none.
    void add(CandidatePair pair) {
        pairs.add(pair);
        byPath.put(new Path(pair.base(), pair.address()), pair);
        pair.join();
    }

    void removeIf(Predicate<CandidatePair> areGone) {
        pairs.removeIf(pair -> areGone.test(pair) && forget(pair));
    }

    private boolean forget(CandidatePair pair) {
        byPath.remove(new Path(pair.base(), pair.address()));
        pair.leave();
        return true;
    }

    void sort() {
        pairs.sort(BEST_FIRST);
    }

    /// Forgets the worst beyond [#PAIRS_MAX], those that are not nominated first.
    void limit() {
        for (int i = pairs.size() - 1; i >= 0 && pairs.size() > PAIRS_MAX; i--) {
            if (!pairs.get(i).isNominated()) {
                forget(pairs.remove(i));
            }
        }
        while (pairs.size() > PAIRS_MAX) {
            forget(pairs.removeLast());
        }
    }

    @Override
    public Iterator<CandidatePair> iterator() {
        return pairs.iterator();
    }

    Stream<CandidatePair> stream() {
        return pairs.stream();
    }
}
