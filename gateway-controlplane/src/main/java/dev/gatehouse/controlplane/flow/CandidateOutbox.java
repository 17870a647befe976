package dev.gatehouse.controlplane.flow;

import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.channel.message.part.Candidates;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Our candidates on their way to the portal: batched by client, strongest first, held back
/// until the client knows of us. Beyond [#CLIENTS_MAX] clients, further ones are not held.
final class CandidateOutbox {
    static final int CLIENTS_MAX = 10_000;

    private record Pending(SequencedSet<String> added, SequencedSet<String> removed) {
        Pending() {
            this(new LinkedHashSet<>(), new LinkedHashSet<>());
        }
    }

    private final NavigableMap<String, Pending> byClient = new TreeMap<>();
    private long refused;

    void add(String clientId, List<String> added, List<String> removed) {
        if (byClient.size() >= CLIENTS_MAX && !byClient.containsKey(clientId)) {
            refused++;
            return;
        }
        var pending = byClient.computeIfAbsent(clientId, _ -> new Pending());
        removed.forEach(pending.added::remove);
        pending.removed.addAll(removed);
        added.forEach(pending.removed::remove);
        pending.added.addAll(added);
    }

    /// Reports that were not held.
    long refused() {
        return refused;
    }

    boolean isEmpty() {
        return byClient.isEmpty();
    }

    void forget(String clientId) {
        byClient.remove(clientId);
    }

    /// Takes what may be sent: one message a client and kind, as every portal expects.
    List<GatewayToPortal> take(Predicate<String> mayBeSent) {
        var ready = byClient.keySet().stream().filter(mayBeSent).toList();
        return ready.stream().flatMap(id -> messages(id, byClient.remove(id)).stream()).toList();
    }

    private static List<GatewayToPortal> messages(String clientId, Pending pending) {
        var messages = new java.util.ArrayList<GatewayToPortal>(2);
        if (!pending.added.isEmpty()) {
            var added = Candidates.strongestFirst(clientId, pending.added);
            messages.add(new GatewayToPortal.AddCandidates(added));
        }
        if (!pending.removed.isEmpty()) {
            var removed = Candidates.strongestFirst(clientId, pending.removed);
            messages.add(new GatewayToPortal.RemoveCandidates(removed));
        }
        return messages;
    }
}
