package dev.gatehouse.portal.hub;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The authorizations in force, one for each (client, gateway, resource); every change is stored.
final class AuthorizationTable {
    private final NavigableMap<String, Authorization> byTriple = new TreeMap<>();
    private final Outbox outbox;

    AuthorizationTable(Collection<Authorization> stored, Outbox outbox) {
        this.outbox = outbox;
        stored.stream()
                .sorted(Comparator.comparingLong(Authorization::createdAt))
                .forEach(
                        a ->
                                Optional.ofNullable(byTriple.put(triple(a), a))
                                        .ifPresent(this::delete));
    }

    private void delete(Authorization authorization) {
        outbox.add(new HubAction.DeleteAuthorization(authorization.id()));
    }

    /// Returns the one that was replaced. The store hears of the new one first: a portal that is
    /// killed between the two rather has both than none.
    Optional<Authorization> put(Authorization authorization) {
        var before = Optional.ofNullable(byTriple.put(triple(authorization), authorization));
        outbox.add(new HubAction.SaveAuthorization(authorization));
        before.filter(b -> !b.id().equals(authorization.id())).ifPresent(this::delete);
        return before;
    }

    boolean remove(Authorization authorization) {
        boolean removed = byTriple.remove(triple(authorization), authorization);
        if (removed) {
            delete(authorization);
        }
        return removed;
    }

    /// A copy, so that the caller may remove while it iterates.
    List<Authorization> all() {
        return List.copyOf(byTriple.values());
    }

    Optional<Authorization> find(String id) {
        return byTriple.values().stream().filter(a -> a.id().equals(id)).findFirst();
    }

    Optional<Authorization> find(String clientId, String gatewayId, String resourceId) {
        return Optional.ofNullable(byTriple.get(triple(clientId, gatewayId, resourceId)));
    }

    List<Authorization> ofClient(String clientId) {
        return byTriple.values().stream().filter(a -> a.clientId().equals(clientId)).toList();
    }

    List<Authorization> ofGateway(String gatewayId) {
        return byTriple.values().stream().filter(a -> a.gatewayId().equals(gatewayId)).toList();
    }

    boolean isPair(String clientId, String gatewayId) {
        String prefix = triple(clientId, gatewayId, "");
        String first = byTriple.ceilingKey(prefix);
        return first != null && first.startsWith(prefix);
    }

    private static String triple(Authorization a) {
        return triple(a.clientId(), a.gatewayId(), a.resourceId());
    }

    private static String triple(String clientId, String gatewayId, String resourceId) {
        return clientId + "|" + gatewayId + "|" + resourceId;
    }
}
