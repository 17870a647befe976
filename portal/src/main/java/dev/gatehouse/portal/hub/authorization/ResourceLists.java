package dev.gatehouse.portal.hub.authorization;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.channel.Payloads;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.Authorization;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The resources that clients have on their lists: deletions are told before creations.
///
/// A client that keeps a resource it lost the access to gets it taken and given back, or its
/// traffic would be black-holed; one that is offline gets that after its next `init`.
final class ResourceLists {
    static final long NEVER = Long.MAX_VALUE;
    private static final int SLICE_CLIENTS = 10;
    private static final long SLICE_INTERVAL_NS = Duration.ofMillis(5).toNanos();

    private final Sessions sessions;
    private final World world;
    private final Outbox outbox;

    /// Resources to take and give back when the client is there again, by client id.
    private final Map<String, Set<String>> owed = new TreeMap<>();

    private final Queue<Long> toUpdate = new ArrayDeque<>();
    private long sliceAtNs;

    ResourceLists(Sessions sessions, World world, Outbox outbox) {
        this.sessions = sessions;
        this.world = world;
        this.outbox = outbox;
    }

    /// The client joined, and its `init` will hold the list.
    void begin(Session.Client client, Moment now) {
        client.resources().clear();
        client.resources().putAll(world.connectable(client, now.unixSeconds()));
    }

    /// The client lost the access, not the resource.
    void owe(Authorization authorization) {
        owed.computeIfAbsent(authorization.clientId(), _ -> new TreeSet<>())
                .add(authorization.resourceId());
    }

    /// Takes what is owed to the client.
    Set<String> takeOwed(Session.Client client) {
        return Optional.ofNullable(owed.remove(client.device().id()))
                .orElseGet(Collections::emptySet);
    }

    void updateAll(Moment now) {
        sessions.joinedClients().forEach(c -> update(c, now));
    }

    void update(String clientId, Moment now) {
        sessions.joinedClient(clientId).ifPresent(c -> update(c, now));
    }

    /// Updates all lists in slices: a thousand at once would hold up the hub for a third of a
    /// second.
    void updateInSlices(Moment now) {
        toUpdate.clear();
        sessions.joinedClients().forEach(c -> toUpdate.add(c.id()));
        sliceAtNs = now.nowNs();
    }

    long pollTimeout() {
        return toUpdate.isEmpty() ? NEVER : sliceAtNs;
    }

    void handleTimeout(Moment now) {
        if (now.nowNs() < pollTimeout()) {
            return;
        }
        sliceAtNs = now.nowNs() + SLICE_INTERVAL_NS;
        for (int i = 0; i < SLICE_CLIENTS && !toUpdate.isEmpty(); i++) {
            sessions.find(toUpdate.remove())
                    .filter(Session.Client.class::isInstance)
                    .map(Session.Client.class::cast)
                    .ifPresent(c -> update(c, now));
        }
    }

    private void update(Session.Client client, Moment now) {
        var next = world.connectable(client, now.unixSeconds());
        var debts = takeOwed(client);
        var current = client.resources();
        Set<String> deleted = new LinkedHashSet<>();
        for (var view : current.entrySet()) {
            var successor = next.get(view.getKey());
            if (successor == null
                    || view.getValue().needsDeletionBefore(successor)
                    || debts.contains(view.getKey())) {
                deleted.add(view.getKey());
            }
        }
        deleted.forEach(id -> outbox.push(client, "resource_deleted", TextNode.valueOf(id)));
        for (var view : next.entrySet()) {
            if (deleted.contains(view.getKey())
                    || !view.getValue().equals(current.get(view.getKey()))) {
                outbox.push(
                        client,
                        "resource_created_or_updated",
                        Payloads.clientResource(view.getValue()));
            }
        }
        current.clear();
        current.putAll(next);
    }
}
