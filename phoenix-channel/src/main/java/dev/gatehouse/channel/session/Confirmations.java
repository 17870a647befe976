package dev.gatehouse.channel.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;

/// Messages that must reach the portal though it answers none of them, and how it is known that
/// they did: messages of a connection arrive in order, so the answer to a heartbeat that was sent
/// later says so. Keeps the newest 64.
///
/// @param <M> a message
final class Confirmations<M> {
    static final long NEVER = Long.MAX_VALUE;

    /// How long a portal may take to answer the heartbeat that follows such a message.
    static final long LIMIT_NS = Duration.ofSeconds(4).toNanos();

    private static final int MESSAGES_MAX = 64;

    private record Sent<M>(long ref, M message) {}

    private final ArrayDeque<Sent<M>> unconfirmed = new ArrayDeque<>();
    private long deadlineNs = NEVER;

    void add(long ref, M message) {
        if (unconfirmed.size() == MESSAGES_MAX) {
            unconfirmed.removeFirst();
        }
        unconfirmed.add(new Sent<>(ref, message));
    }

    boolean isEmpty() {
        return unconfirmed.isEmpty();
    }

    /// Whether a heartbeat is under way whose answer would confirm something.
    boolean isAsked() {
        return deadlineNs != NEVER;
    }

    void handleAsked(long nowNs) {
        deadlineNs = nowNs + LIMIT_NS;
    }

    /// The portal has answered the heartbeat `ref`.
    void handleAnswer(long ref) {
        unconfirmed.removeIf(sent -> sent.ref < ref);
        deadlineNs = NEVER;
    }

    /// The connection is gone; what it may have lost waits for [#takeAll].
    void handleDisconnected() {
        deadlineNs = NEVER;
    }

    /// What may not have arrived, in order; forgets it.
    List<M> takeAll() {
        var messages = unconfirmed.stream().map(Sent::message).toList();
        unconfirmed.clear();
        return messages;
    }

    /// When the portal must have answered, or [#NEVER].
    long deadlineNs() {
        return deadlineNs;
    }
}
