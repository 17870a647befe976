package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.boundary.ClientEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.TreeSet;

/// Asks the portal for flows: at once, or when the pace allows it, naming the 100 gateways that
/// served last, as the portal prefers those (client.md 15.2 to 15.4).
final class FlowRequests {
    private static final int REMEMBERED_GATEWAYS_MAX = 100;

    private final Queue<ClientEvent> events;
    private final SequencedMap<String, Boolean> remembered = new LinkedHashMap<>();

    FlowRequests(Queue<ClientEvent> events) {
        this.events = events;
    }

    /// A packet finds no gateway: asks for a flow at once, or when its pace allows it.
    PendingFlow request(ResourceEntry entry, long nowNs) {
        return request(entry, entry.requests, nowNs);
    }

    /// The gateway no longer allows what was sent.
    void renew(ResourceEntry entry, long nowNs) {
        request(entry, entry.renewals, nowNs);
    }

    private PendingFlow request(ResourceEntry entry, RequestPace pace, long nowNs) {
        boolean unanswered = entry.pending != null && entry.pending.isAsked();
        boolean due = pace.handleTrigger(unanswered, nowNs);
        if (entry.pending == null) {
            entry.pending = new PendingFlow();
        }
        if (due) {
            ask(entry);
        }
        return entry.pending;
    }

    /// What is in use has lost its gateway. No packet may follow that would ask, so nothing but a
    /// request under way holds this one back.
    void requestNow(ResourceEntry entry, long nowNs) {
        if (entry.pending != null) {
            request(entry, nowNs);
            return;
        }
        entry.pending = new PendingFlow();
        if (entry.losses.take(nowNs)) {
            entry.requests.handleAsked(nowNs);
            ask(entry);
        }
    }

    private void ask(ResourceEntry entry) {
        entry.pending.handleAsked();
        var known = List.copyOf(new TreeSet<>(remembered.keySet()));
        events.add(new ClientEvent.CreateFlow(entry.id(), known));
    }

    /// The portal is back: what was asked before may be lost.
    void askAgain(Iterable<ResourceEntry> entries, long nowNs) {
        for (var entry : entries) {
            if (entry.pending != null) {
                entry.requests.handleAsked(nowNs);
                ask(entry);
            }
        }
    }

    /// A gateway serves: it is named from now on; the oldest makes room.
    void remember(String gatewayId) {
        remembered.remove(gatewayId);
        remembered.putLast(gatewayId, true);
        if (remembered.size() > REMEMBERED_GATEWAYS_MAX) {
            remembered.pollFirstEntry();
        }
    }

    void forget(String gatewayId) {
        remembered.remove(gatewayId);
    }

    /// The network is another one.
    void reset(Iterable<ResourceEntry> entries) {
        remembered.clear();
        for (var entry : entries) {
            entry.requests.reset();
            entry.renewals.reset();
        }
    }
}
