package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.LookupTable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/// What is known of the peer's addresses, at most [#CAPACITY]: one that no pair uses makes room,
/// else the candidate that came too late is refused (tunnel.md section 2.6). What a peer can ask
/// for at any rate is answered by look-ups.
final class RemoteCandidates {
    static final int CAPACITY = 128;
    private static final int OPTIMISTIC_PER_CALL_MAX = 2;
    private static final long OPTIMISTIC_PRIORITY = 1_694_498_559;

    private record Identity(Candidate.Kind kind, Endpoint address, Endpoint base) {
        static Identity of(Candidate candidate) {
            return new Identity(candidate.kind(), candidate.address(), candidate.base());
        }
    }

    private final List<KnownCandidate> all = new ArrayList<>();
    private final LookupTable<Identity, KnownCandidate> byIdentity = new LookupTable<>();
    private final LookupTable<Endpoint, List<KnownCandidate>> byAddress = new LookupTable<>();
    private boolean mayHaveOptimistic;

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<KnownCandidate> all() {
        return all;
    }

    Optional<KnownCandidate> find(Candidate candidate) {
        return Optional.ofNullable(byIdentity.get(Identity.of(candidate)));
    }

    /// All with this address, dead or alive.
    List<KnownCandidate> at(Endpoint address) {
        var known = byAddress.get(address);
        return known == null ? List.of() : known;
    }

    /// The live candidate with this address, the best if there are several.
    Optional<KnownCandidate> live(Endpoint address) {
        KnownCandidate best = null;
        for (var known : at(address)) {
            boolean better =
                    best == null || known.candidate().priority() > best.candidate().priority();
            if (known.isLive() && better) {
                best = known;
            }
        }
        return Optional.ofNullable(best);
    }

    boolean isKnown(Endpoint address) {
        return byAddress.contains(address);
    }

    Optional<KnownCandidate> peerReflexive(Endpoint address) {
        return live(address).filter(c -> c.candidate().kind() == Candidate.Kind.PEER_REFLEXIVE);
    }

    /// Empty if there is no room.
    Optional<KnownCandidate> add(Candidate candidate) {
        if (all.size() >= CAPACITY && !makeRoom()) {
            return Optional.empty();
        }
        var known = new KnownCandidate(candidate);
        all.add(known);
        byIdentity.put(Identity.of(candidate), known);
        var others = byAddress.get(candidate.address());
        if (others == null) {
            others = new ArrayList<>(1);
            byAddress.put(candidate.address(), others);
        }
        others.add(known);
        mayHaveOptimistic = true;
        return Optional.of(known);
    }

    private boolean makeRoom() {
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).isPaired()) {
                forget(all.remove(i));
                return true;
            }
        }
        return false;
    }

    private void forget(KnownCandidate known) {
        var candidate = known.candidate();
        byIdentity.remove(Identity.of(candidate));
        var others = byAddress.get(candidate.address());
        others.remove(known);
        if (others.isEmpty()) {
            byAddress.remove(candidate.address());
        }
    }

    void revive(KnownCandidate known) {
        known.revive();
        mayHaveOptimistic = true;
    }

    /// A candidate of the same address takes the place of `known`.
    void replace(KnownCandidate known, Candidate by) {
        byIdentity.remove(Identity.of(known.candidate()));
        known.replace(by);
        byIdentity.put(Identity.of(by), known);
        mayHaveOptimistic = true;
    }

    /// False if [#optimistic] has found all there is.
    boolean mayHaveOptimistic() {
        return mayHaveOptimistic;
    }

    /// Reflexive addresses with the port of a host candidate: reaches a port that is statically
    /// forwarded, also behind a symmetric NAT. Two at most, in product order. Looks at no more
    /// products than there are reflexive candidates, and two.
    List<Candidate> optimistic() {
        var found = new ArrayList<Candidate>(OPTIMISTIC_PER_CALL_MAX);
        var ports = hostPorts();
        for (var ip : reflexiveAddresses()) {
            for (int port : ports) {
                var address = new Endpoint(ip, port);
                if (!hasReflexive(address)) {
                    found.add(optimistic(address));
                }
                if (found.size() == OPTIMISTIC_PER_CALL_MAX) {
                    return found;
                }
            }
        }
        mayHaveOptimistic = false;
        return found;
    }

    private static Candidate optimistic(Endpoint address) {
        return Candidate.of(
                Candidate.Kind.SERVER_REFLEXIVE, address, Endpoint.ANY_V4, OPTIMISTIC_PRIORITY);
    }

    private SequencedSet<IpAddress> reflexiveAddresses() {
        var addresses = new LinkedHashSet<IpAddress>();
        for (var known : all) {
            if (isLiveV4(known, Candidate.Kind.SERVER_REFLEXIVE)) {
                addresses.add(known.candidate().address().address());
            }
        }
        return addresses;
    }

    private SequencedSet<Integer> hostPorts() {
        var ports = new LinkedHashSet<Integer>();
        for (var known : all) {
            if (isLiveV4(known, Candidate.Kind.HOST)) {
                ports.add(known.candidate().address().port());
            }
        }
        return ports;
    }

    private static boolean isLiveV4(KnownCandidate known, Candidate.Kind kind) {
        var candidate = known.candidate();
        return known.isLive() && candidate.kind() == kind && candidate.address().isV4();
    }

    private boolean hasReflexive(Endpoint address) {
        for (var known : at(address)) {
            if (known.candidate().kind() == Candidate.Kind.SERVER_REFLEXIVE) {
                return true;
            }
        }
        return false;
    }
}
