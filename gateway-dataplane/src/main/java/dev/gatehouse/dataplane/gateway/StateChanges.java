package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/// Which parts of the clients may have changed since somebody last asked, each once and in the
/// order of their first change, so that a report costs what changed. Holds none before the first
/// question, since nobody may ever ask.
///
/// Belongs to the owner of the clients.
final class StateChanges {
    private final SequencedSet<String> clients = new LinkedHashSet<>();
    private final SequencedSet<GatewayChanges.GrantKey> grants = new LinkedHashSet<>();
    private final SequencedSet<GatewayChanges.MappingKey> mappings = new LinkedHashSet<>();
    private final SequencedSet<GatewayChanges.GrantKey> authorized = new LinkedHashSet<>();
    private boolean isRead;

    /// The client came, went, or began anew: all of it may differ.
    void addClient(String id) {
        if (isRead) {
            clients.add(id);
        }
    }

    /// The client's addresses, or what it may do with the resource.
    void addGrant(String clientId, String resourceId) {
        if (isRead) {
            grants.add(new GatewayChanges.GrantKey(clientId, resourceId));
        }
    }

    /// The client was authorized, perhaps again: whoever hears of changes forgets at a revocation
    /// what it had of the resource, so it is told all of that even if nothing differs.
    void addAuthorized(String clientId, String resourceId) {
        if (isRead) {
            var key = new GatewayChanges.GrantKey(clientId, resourceId);
            grants.add(key);
            authorized.add(key);
        }
    }

    void addMapping(DnsMapping mapping) {
        if (isRead) {
            mappings.add(GatewayChanges.MappingKey.of(mapping));
        }
    }

    /// False before the first [#take]: then all is news.
    boolean isRead() {
        return isRead;
    }

    boolean isEmpty() {
        return clients.isEmpty() && grants.isEmpty() && mappings.isEmpty();
    }

    /// What was added since the last call, but for parts of clients that are named as a whole.
    GatewayChanges take() {
        isRead = true;
        grants.removeIf(key -> clients.contains(key.clientId()));
        mappings.removeIf(key -> clients.contains(key.clientId()));
        authorized.removeIf(key -> clients.contains(key.clientId()));
        var taken =
                new GatewayChanges(
                        new ArrayList<>(clients),
                        new ArrayList<>(grants),
                        new ArrayList<>(mappings),
                        new ArrayList<>(authorized));
        clients.clear();
        grants.clear();
        mappings.clear();
        authorized.clear();
        return taken;
    }
}
