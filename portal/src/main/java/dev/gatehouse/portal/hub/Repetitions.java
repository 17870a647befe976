package dev.gatehouse.portal.hub;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Makes one event out of many alike: the first is told at once, those that follow are counted and
/// told each minute, with the time since the first of them.
///
/// Remembers a limited number of kinds; the one that is due next makes room and is told early.
final class Repetitions {
    static final long NEVER = Long.MAX_VALUE;
    private static final long WINDOW_NS = Duration.ofMinutes(1).toNanos();
    private static final int CAPACITY = 10_000;

    /// What makes two events alike.
    private record Key(AuditEvent.Kind kind, String clientId, String resourceId, String detail) {
        static Key of(AuditEvent event) {
            // Made-up ids are alike, or each would be a kind of its own.
            String resource = event.resource().isEmpty() ? "" : event.resourceId();
            return new Key(event.kind(), event.clientId(), resource, event.detail());
        }
    }

    /// @param repeated with the count and the span of what was not told; null if nothing was left
    private record Window(AuditEvent first, AuditEvent repeated, long endsAtNs) {}

    /// The next to end comes first: all windows are equally long.
    private final Map<Key, Window> windows = new LinkedHashMap<>();

    private final List<AuditEvent> due = new ArrayList<>();

    /// Returns true if `event` is to be told at once.
    boolean isFirst(AuditEvent event, long nowNs) {
        var key = Key.of(event);
        var window = windows.get(key);
        if (window == null) {
            open(key, event, nowNs);
            return true;
        }
        var repeated =
                window.repeated == null
                        ? event.repeated(1, event.at())
                        : event.repeated(window.repeated.count() + 1, window.repeated.since());
        windows.put(key, new Window(window.first, repeated, window.endsAtNs));
        return false;
    }

    private void open(Key key, AuditEvent event, long nowNs) {
        if (windows.size() == CAPACITY) {
            end(windows.remove(windows.keySet().iterator().next()));
        }
        windows.put(key, new Window(event, null, nowNs + WINDOW_NS));
    }

    private void end(Window window) {
        if (window.repeated != null) {
            due.add(window.repeated);
        }
    }

    long pollTimeout() {
        return windows.isEmpty() ? NEVER : windows.values().iterator().next().endsAtNs;
    }

    /// Ends the windows that are over; where something was counted, another one follows.
    void handleTimeout(long nowNs) {
        while (pollTimeout() <= nowNs) {
            var key = windows.keySet().iterator().next();
            var window = windows.remove(key);
            end(window);
            if (window.repeated != null) {
                open(key, window.first, nowNs);
            }
        }
    }

    /// Ends all windows of a client and resource: something else has come of it.
    void handleEnd(String clientId, String resourceId) {
        endAll(k -> k.clientId.equals(clientId) && k.resourceId.equals(resourceId));
    }

    /// The client is gone.
    void handleEnd(String clientId) {
        endAll(key -> key.clientId.equals(clientId));
    }

    void handleStop() {
        endAll(_ -> true);
    }

    private void endAll(Predicate<Key> which) {
        var each = windows.entrySet().iterator();
        while (each.hasNext()) {
            var entry = each.next();
            if (which.test(entry.getKey())) {
                each.remove();
                end(entry.getValue());
            }
        }
    }

    /// Takes what is to be told, each with its count.
    List<AuditEvent> takeDue() {
        var taken = List.copyOf(due);
        due.clear();
        return taken;
    }
}
