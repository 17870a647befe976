package dev.gatehouse.portal.hub.audit;

import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.wire.LookupTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Makes one event out of many alike: the first (of comings, goings and grants the first ten) are
/// told at once, those that follow are counted and told each minute, with the time since the first
/// of them.
///
/// Remembers a limited number of kinds in all and of each client; the one that is due next makes
/// room and is told early.
final class Repetitions {
    static final long NEVER = Long.MAX_VALUE;
    private static final long WINDOW_NS = Duration.ofMinutes(1).toNanos();
    private static final int CAPACITY = 10_000;
    private static final int CAPACITY_OF_ONE = 2_000;
    private static final int TOLD_AT_ONCE_MAX = 10;

    /// What makes two events alike.
    private record Key(AuditEvent.Kind kind, String clientId, String resourceId, String detail) {
        static Key of(AuditEvent event) {
            // Made-up ids are alike, or each would be a kind of its own.
            String resource = event.resource().isEmpty() ? "" : event.resourceId();
            return new Key(event.kind(), event.clientId(), resource, event.detail());
        }

        int toldAtOnce() {
            return switch (kind) {
                case CONNECTED, DISCONNECTED, ACCESS_GRANTED -> TOLD_AT_ONCE_MAX;
                default -> 1;
            };
        }
    }

    /// @param told how many of them were told at once
    /// @param repeated with the count and the span of what was not told; null if nothing was left
    private record Window(AuditEvent first, int told, AuditEvent repeated, long endsAtNs) {}

    /// The next to end comes first: all windows are equally long.
    private final Map<Key, Window> windows = new LinkedHashMap<>();

    private final LookupTable<String, Set<Key>> byClient = new LookupTable<>();
    private final List<AuditEvent> due = new ArrayList<>();

    /// Returns true if `event` is to be told at once.
    boolean isFirst(AuditEvent event, long nowNs) {
        var key = Key.of(event);
        var window = windows.get(key);
        if (window == null) {
            open(key, event, 1, nowNs);
            return true;
        }
        if (window.told < key.toldAtOnce()) {
            windows.put(key, new Window(window.first, window.told + 1, null, window.endsAtNs));
            return true;
        }
        var repeated =
                window.repeated == null
                        ? event.repeated(1, event.at())
                        : event.repeated(window.repeated.count() + 1, window.repeated.since());
        windows.put(key, new Window(window.first, window.told, repeated, window.endsAtNs));
        return false;
    }

    private void open(Key key, AuditEvent event, int told, long nowNs) {
        var ofClient = byClient.get(key.clientId);
        if (ofClient != null && ofClient.size() == CAPACITY_OF_ONE) {
            end(ofClient.iterator().next());
        } else if (windows.size() == CAPACITY) {
            end(windows.keySet().iterator().next());
        }
        windows.put(key, new Window(event, told, null, nowNs + WINDOW_NS));
        if (!byClient.contains(key.clientId)) {
            byClient.put(key.clientId, new LinkedHashSet<>());
        }
        byClient.get(key.clientId).add(key);
    }

    private Window end(Key key) {
        var window = windows.remove(key);
        var ofClient = byClient.get(key.clientId);
        ofClient.remove(key);
        if (ofClient.isEmpty()) {
            byClient.remove(key.clientId);
        }
        if (window.repeated != null) {
            due.add(window.repeated);
        }
        return window;
    }

    long pollTimeout() {
        return windows.isEmpty() ? NEVER : windows.values().iterator().next().endsAtNs;
    }

    /// Ends the windows that are over; where something was counted, another one follows.
    void handleTimeout(long nowNs) {
        while (pollTimeout() <= nowNs) {
            var key = windows.keySet().iterator().next();
            var window = end(key);
            if (window.repeated != null) {
                open(key, window.first, window.told, nowNs);
            }
        }
    }

    /// Ends what was denied to a client of a resource: it was granted, or lost.
    void handleEnd(String clientId, String resourceId) {
        endAll(
                clientId,
                k -> k.kind == AuditEvent.Kind.ACCESS_DENIED && k.resourceId.equals(resourceId));
    }

    /// The client is gone: all that was counted of its requests.
    void handleEnd(String clientId) {
        endAll(clientId, _ -> true);
    }

    void handleStop() {
        List.copyOf(windows.keySet()).forEach(this::end);
    }

    private void endAll(String clientId, Predicate<Key> which) {
        var ofClient = byClient.get(clientId);
        if (ofClient != null) {
            ofClient.stream().filter(which).toList().forEach(this::end);
        }
    }

    /// Takes what is to be told, each with its count.
    List<AuditEvent> takeDue() {
        var taken = List.copyOf(due);
        due.clear();
        return taken;
    }
}
