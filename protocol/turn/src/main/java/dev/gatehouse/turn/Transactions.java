package dev.gatehouse.turn;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// What we ask one relay, and which of its answers count: requests are signed with the login, sent
/// again until they are answered or spent, and believed only if they prove who speaks
/// (tunnel.md 3.2 and 3.4). What follows from an answer is the business of [Allocation].
final class Transactions {
    private final String software;
    private final RandomGenerator random;
    private final PendingRequests pending = new PendingRequests();
    private final ArrayDeque<Datagram> transmits = new ArrayDeque<>();
    private final RoundTripTime roundTrip = new RoundTripTime();
    private TurnLogin login;

    Transactions(TurnLogin login, String software, RandomGenerator random) {
        this.login = login;
        this.software = software;
        this.random = random;
    }

    TurnLogin login() {
        return login;
    }

    /// What is asked from now on is signed with `other`.
    void swapLogin(TurnLogin other) {
        login = other;
    }

    RoundTripTime roundTrip() {
        return roundTrip;
    }

    /// Whether no answer is waited for.
    boolean isEmpty() {
        return pending.isEmpty();
    }

    /// Whether an answer to a request of this kind is waited for.
    boolean isAsking(TurnRequest.Kind kind) {
        return pending.contains(kind);
    }

    boolean isAskingBinding(Endpoint server) {
        return pending.containsBindingTo(server);
    }

    /// Sends a request, or another copy of it.
    void send(TurnRequest request, long nowNs) {
        var payload = request.write(software, login, TransactionId.random(random), nowNs);
        pending.add(request);
        var server = request.server();
        transmits.add(new Datagram(Endpoint.any(server.family()), server, new Payload(payload)));
    }

    /// The request that `message` answers, which is answered with that; empty if there is none, or
    /// the message does not prove that it is the relay's.
    Optional<TurnRequest> handleMessage(StunMessage message, Endpoint from, long nowNs) {
        var request = pending.answeredBy(message, from);
        if (request.isEmpty() || !request.get().isTrustworthy(message, login)) {
            return Optional.empty();
        }
        pending.remove(request.get());
        if (request.get().wasSentOnce()) {
            roundTrip.sample(nowNs - request.get().lastSentNs());
        }
        return request;
    }

    /// Answers to these count no more.
    void forgetIf(Predicate<TurnRequest> areGone) {
        pending.removeIf(areGone);
    }

    void forgetAll() {
        pending.clear();
    }

    /// Sends again what is due.
    ///
    /// @param giveUp takes those that are spent; what it forgets is not sent again
    void handleTimeout(Consumer<TurnRequest> giveUp, long nowNs) {
        for (var request : pending.due(nowNs)) {
            if (pending.contains(request)) {
                pending.remove(request);
                if (request.isSpent()) {
                    giveUp.accept(request);
                } else {
                    send(request, nowNs);
                }
            }
        }
    }

    /// When [#handleTimeout] has work, or [PendingRequests#NEVER].
    long pollTimeout() {
        return pending.nextDeadlineNs();
    }

    /// The next request to send, or null.
    Datagram pollTransmit() {
        return transmits.poll();
    }
}
