package dev.gatehouse.turn;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.LookupTable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Predicate;

/// The requests to one relay that wait for an answer: up to 4,096 channels may be asked for at
/// once, and a relay may answer none of them, or what was never asked.
final class PendingRequests {
    static final long NEVER = Long.MAX_VALUE;

    private final SequencedSet<TurnRequest> requests = new LinkedHashSet<>();
    private final LookupTable<TransactionId, TurnRequest> byId = new LookupTable<>();
    private final int[] ofKind = new int[TurnRequest.Kind.values().length];

    boolean isEmpty() {
        return requests.isEmpty();
    }

    boolean contains(TurnRequest request) {
        return requests.contains(request);
    }

    boolean contains(TurnRequest.Kind kind) {
        return ofKind[kind.ordinal()] > 0;
    }

    boolean containsBindingTo(Endpoint server) {
        return contains(TurnRequest.Kind.BINDING)
                && requests.stream().anyMatch(request -> request.isBindingTo(server));
    }

    /// Adds a request whose next copy has been written, so that its ids are known.
    void add(TurnRequest request) {
        if (requests.add(request)) {
            ofKind[request.kind().ordinal()]++;
        }
        request.ids().forEach(id -> byId.put(id, request));
    }

    void remove(TurnRequest request) {
        if (requests.remove(request)) {
            forget(request);
        }
    }

    private boolean forget(TurnRequest request) {
        ofKind[request.kind().ordinal()]--;
        request.ids().forEach(byId::remove);
        return true;
    }

    void removeIf(Predicate<TurnRequest> areGone) {
        requests.removeIf(request -> areGone.test(request) && forget(request));
    }

    void clear() {
        removeIf(_ -> true);
    }

    /// The request that a message from `from` answers, to any of its copies.
    Optional<TurnRequest> answeredBy(StunMessage message, Endpoint from) {
        return Optional.ofNullable(byId.get(message.transactionId()))
                .filter(r -> r.isAnsweredBy(message.transactionId(), message.method(), from));
    }

    /// Those whose next copy is due, or that are to be given up, in the order of adding.
    List<TurnRequest> due(long nowNs) {
        return requests.stream().filter(request -> nowNs >= request.deadlineNs()).toList();
    }

    /// When [#due] has something, or [#NEVER].
    long nextDeadlineNs() {
        long next = NEVER;
        for (var request : requests) {
            next = Math.min(next, request.deadlineNs());
        }
        return next;
    }
}
