package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.LongPredicate;

/// Which peers a relay is to be asked to bind a channel to: not those that have a good one or that
/// it refuses. The newest 100 that were asked for before there was an allocation wait for it.
final class WantedChannels {
    private static final int WAITING_MAX = 100;

    private final Channels channels;
    private final ForbiddenPeers forbidden = new ForbiddenPeers();
    private final SequencedSet<Endpoint> waiting = new LinkedHashSet<>();

    WantedChannels(Channels channels) {
        this.channels = channels;
    }

    /// The channel to `peer` to send a request for, if one is of use.
    ///
    /// @param mayOpen is asked, with the time, before a number is taken for an address
    Optional<Channel> toRequest(
            Endpoint peer, AllocationLease lease, LongPredicate mayOpen, long nowNs) {
        var known = channels.get(peer);
        boolean inPlace = known != null && (known.isRequested() || known.isFresh(nowNs));
        boolean isHopeless = !lease.hasFamilyOf(peer) || forbidden.contains(peer, nowNs);
        if (inPlace || isHopeless) {
            return Optional.empty();
        }
        if (known != null && known.holdsPeer(nowNs)) {
            return Optional.of(known);
        }
        return mayOpen.test(nowNs) ? channels.open(peer, nowNs) : Optional.empty();
    }

    /// The relay does not relay to `peer`.
    void forbid(Endpoint peer, long nowNs) {
        forbidden.add(peer, nowNs);
    }

    /// Another allocation may be one of a relay with other rules.
    void forgetForbidden() {
        forbidden.clear();
    }

    /// There is no allocation to bind `peer` in: asks again when there is.
    void await(Endpoint peer) {
        waiting.add(peer);
        if (waiting.size() > WAITING_MAX) {
            waiting.removeFirst();
        }
    }

    /// Like [#await], but keeps all: there are no more of these than there were channels.
    void awaitAgain(Endpoint peer) {
        waiting.add(peer);
    }

    /// Those that wait, in the order in which they came; none does after that.
    List<Endpoint> takeWaiting() {
        var taken = List.copyOf(waiting);
        waiting.clear();
        return taken;
    }

    void dropWaiting() {
        waiting.clear();
    }
}
