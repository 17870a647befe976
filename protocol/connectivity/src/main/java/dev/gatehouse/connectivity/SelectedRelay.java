package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.Relays;
import dev.gatehouse.connectivity.peer.State;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.AllocationWatch;
import java.util.Optional;

/// The relay that one connection selected, and the watch over it while the connection depends on
/// it. Another takes its place when it is gone. Owned by its [Connection].
final class SelectedRelay {
    private static final long NEVER = Long.MAX_VALUE;

    private final Relays relays;
    private Optional<Allocation> relay = Optional.empty();
    private int revision;
    private long watchAtNs;

    SelectedRelay(Relays relays) {
        this.relays = relays;
    }

    /// The first one, chosen before there was a connection.
    void select(Allocation first) {
        relay = Optional.of(first);
    }

    /// Goes on with the one that a predecessor selected, if there is one with that id.
    void restore(String id) {
        relay = relays.find(id);
    }

    /// Empty without a relay.
    String id() {
        return relay.map(Allocation::id).orElse("");
    }

    Optional<Allocation> current() {
        return relay;
    }

    boolean is(Allocation other) {
        return relay.filter(r -> r == other).isPresent();
    }

    /// Differs from what it was before whenever another was selected.
    int revision() {
        return revision;
    }

    /// Whether the node has not forgotten it.
    boolean isThere() {
        return relay.flatMap(r -> relays.find(r.id())).filter(this::is).isPresent();
    }

    /// Selects another one, if there is any.
    Optional<Allocation> replace() {
        relay = relays.sample();
        revision++;
        return relay;
    }

    /// A check leaves. Looks after the relay while the connection is idle, too: then checks are all
    /// that is sent.
    void handleCheck(State state, long nowNs) {
        if (state.needsRelay()) {
            relay.ifPresent(r -> r.watch(nowNs));
        }
    }

    /// While packets depend on a relay, or a path is looked for, it is asked every second
    /// whether it still sees us where it did: its BINDING answers tell long before anything else.
    void handleTimeout(State state, long nowNs) {
        if (nowNs >= deadlineNs(state)) {
            watchAtNs = nowNs + AllocationWatch.LOOK_EVERY_NS;
            relay.ifPresent(r -> r.watch(nowNs));
        }
    }

    /// When [#handleTimeout] has work, or [Long#MAX_VALUE].
    long deadlineNs(State state) {
        return relay.isPresent() && state.needsRelay() && !(state instanceof State.Idle)
                ? watchAtNs
                : NEVER;
    }
}
