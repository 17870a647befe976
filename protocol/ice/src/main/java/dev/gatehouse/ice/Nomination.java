package dev.gatehouse.ice;

import java.util.Optional;

/// Which pair is nominated, and which of several that are is the path: the pair of the highest
/// priority, of those with one priority the newest.
///
/// Of a peer that nominates, pairs are left out on which it has been silent while it went on with
/// others: it has given those up or cannot reach us there, but says so to nobody, and a gateway
/// waits ten minutes before it drops one itself.
final class Nomination {
    private final Role role;
    private final IceTimeouts timeouts;

    Nomination(Role role, IceTimeouts timeouts) {
        this.role = role;
        this.timeouts = timeouts;
    }

    /// The controlling side nominates whatever pair is the best of those that succeeded, at once.
    void nominateBest(CheckList pairs, long nowNs) {
        if (role == Role.CONTROLLING) {
            pairs.stream()
                    .filter(CandidatePair::isSucceeded)
                    .findFirst()
                    .filter(pair -> !pair.isNominated())
                    .ifPresent(pair -> pair.nominate(nowNs));
        }
    }

    /// The path of the best nominated pair; empty if none is left.
    ///
    /// @param idle whether checks are rare, so that silence says less
    Optional<IceEvent.Nominated> path(CheckList pairs, boolean idle) {
        CandidatePair best = null;
        long newestNs = newestHeardNs(pairs);
        for (var pair : pairs) {
            boolean isUsable =
                    pair.isNominated()
                            && (role == Role.CONTROLLING
                                    || newestNs - pair.heardNs() <= timeouts.silenceNs(idle));
            if (isUsable && (best == null || isNewerEqual(pair, best))) {
                best = pair;
            }
        }
        return Optional.ofNullable(best).map(Nomination::path);
    }

    /// When the peer was last heard on any nominated pair.
    private static long newestHeardNs(CheckList pairs) {
        long newestNs = 0;
        for (var pair : pairs) {
            newestNs = pair.isNominated() ? Math.max(newestNs, pair.heardNs()) : newestNs;
        }
        return newestNs;
    }

    private static boolean isNewerEqual(CandidatePair pair, CandidatePair than) {
        return pair.priority() == than.priority() && pair.nominatedNs() > than.nominatedNs();
    }

    private static IceEvent.Nominated path(CandidatePair pair) {
        return new IceEvent.Nominated(
                pair.base(),
                pair.address(),
                pair.local().candidate().kind(),
                pair.remote().candidate().kind());
    }
}
