package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// What is known of the peer's addresses, at most [#CAPACITY]: one that no pair uses makes room,
/// else the candidate that came too late is refused (tunnel.md section 2.6).
final class RemoteCandidates {
    static final int CAPACITY = 128;
    private static final int OPTIMISTIC_PER_CALL_MAX = 2;
    private static final long OPTIMISTIC_PRIORITY = 1_694_498_559;

    private final List<KnownCandidate> all = new ArrayList<>();
    private final Predicate<KnownCandidate> isPaired;

    RemoteCandidates(Predicate<KnownCandidate> isPaired) {
        this.isPaired = isPaired;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<KnownCandidate> all() {
        return all;
    }

    Optional<KnownCandidate> find(Candidate candidate) {
        return all.stream().filter(c -> c.candidate().isSame(candidate)).findFirst();
    }

    /// The live candidate with this address, the best if there are several.
    Optional<KnownCandidate> live(Endpoint address) {
        KnownCandidate best = null;
        for (var known : all) {
            boolean better =
                    best == null || known.candidate().priority() > best.candidate().priority();
            if (known.isLive() && better && known.candidate().address().equals(address)) {
                best = known;
            }
        }
        return Optional.ofNullable(best);
    }

    boolean isKnown(Endpoint address) {
        return all.stream().anyMatch(c -> c.candidate().address().equals(address));
    }

    Optional<KnownCandidate> peerReflexive(Endpoint address) {
        return live(address).filter(c -> c.candidate().kind() == Candidate.Kind.PEER_REFLEXIVE);
    }

    /// Empty if there is no room.
    Optional<KnownCandidate> add(Candidate candidate) {
        if (all.size() >= CAPACITY) {
            var unused = all.stream().filter(isPaired.negate()).findFirst();
            if (unused.isEmpty()) {
                return Optional.empty();
            }
            all.remove(unused.get());
        }
        var known = new KnownCandidate(candidate);
        all.add(known);
        return Optional.of(known);
    }

    /// Reflexive addresses with the port of a host candidate: reaches a port that is statically
    /// forwarded, also behind a symmetric NAT. Two at most, in product order.
    List<Candidate> optimistic() {
        var found = new ArrayList<Candidate>(OPTIMISTIC_PER_CALL_MAX);
        for (var reflexive : liveV4(Candidate.Kind.SERVER_REFLEXIVE)) {
            for (var host : liveV4(Candidate.Kind.HOST)) {
                var address = new Endpoint(reflexive.address().address(), host.address().port());
                var candidate =
                        Candidate.of(
                                Candidate.Kind.SERVER_REFLEXIVE,
                                address,
                                Endpoint.ANY_V4,
                                OPTIMISTIC_PRIORITY);
                boolean isNew = found.stream().noneMatch(candidate::isSame);
                if (isNew && !hasReflexive(address) && found.size() < OPTIMISTIC_PER_CALL_MAX) {
                    found.add(candidate);
                }
            }
        }
        return found;
    }

    private List<Candidate> liveV4(Candidate.Kind kind) {
        return all.stream()
                .filter(KnownCandidate::isLive)
                .map(KnownCandidate::candidate)
                .filter(c -> c.kind() == kind && c.address().isV4())
                .toList();
    }

    private boolean hasReflexive(Endpoint address) {
        return all.stream()
                .map(KnownCandidate::candidate)
                .anyMatch(
                        c ->
                                c.kind() == Candidate.Kind.SERVER_REFLEXIVE
                                        && c.address().equals(address));
    }
}
