package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.wire.LookupTable;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The authorizations in force, one for each (client, gateway, resource); every change is stored.
///
/// Ids are UUIDs and thus equally long, so those of one client lie side by side; a second table has
/// them in the order of the gateways.
public final class AuthorizationTable {
    private final NavigableMap<String, Authorization> byTriple = new TreeMap<>();
    private final NavigableMap<String, Authorization> byGateway = new TreeMap<>();
    private final LookupTable<String, Authorization> byId = new LookupTable<>();
    private final Outbox outbox;

    public AuthorizationTable(Collection<Authorization> stored, Outbox outbox) {
        this.outbox = outbox;
        stored.stream()
                .sorted(Comparator.comparingLong(Authorization::createdAt))
                .forEach(a -> Optional.ofNullable(replace(a)).ifPresent(this::delete));
    }

    private Authorization replace(Authorization authorization) {
        var before = byTriple.put(triple(authorization), authorization);
        byGateway.put(byGateway(authorization), authorization);
        if (before != null) {
            byId.remove(before.id());
        }
        byId.put(authorization.id(), authorization);
        return before;
    }

    private void delete(Authorization authorization) {
        outbox.add(new HubAction.DeleteAuthorization(authorization.id()));
    }

    /// Returns the one that was replaced. The store hears of the new one first: a portal that is
    /// killed between the two rather has both than none.
    Optional<Authorization> put(Authorization authorization) {
        var before = Optional.ofNullable(replace(authorization));
        outbox.add(new HubAction.SaveAuthorization(authorization));
        before.filter(b -> !b.id().equals(authorization.id())).ifPresent(this::delete);
        return before;
    }

    boolean remove(Authorization authorization) {
        boolean removed = byTriple.remove(triple(authorization), authorization);
        if (removed) {
            byGateway.remove(byGateway(authorization));
            byId.remove(authorization.id());
            delete(authorization);
        }
        return removed;
    }

    /// A copy, so that the caller may remove while it iterates.
    public List<Authorization> all() {
        return List.copyOf(byTriple.values());
    }

    public int size() {
        return byTriple.size();
    }

    public Optional<Authorization> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    public Optional<Authorization> find(String clientId, String gatewayId, String resourceId) {
        return Optional.ofNullable(byTriple.get(triple(clientId, gatewayId, resourceId)));
    }

    List<Authorization> ofClient(String clientId) {
        return startingWith(byTriple, clientId + "|");
    }

    public List<Authorization> ofGateway(String gatewayId) {
        return startingWith(byGateway, gatewayId + "|");
    }

    /// Whether a client or gateway has any.
    public boolean isHeldBy(Device device) {
        return device.role() == Role.CLIENT
                ? !ofClient(device.id()).isEmpty()
                : !ofGateway(device.id()).isEmpty();
    }

    /// A copy, so that the caller may remove while it iterates.
    private static List<Authorization> startingWith(
            NavigableMap<String, Authorization> table, String prefix) {
        return List.copyOf(table.subMap(prefix, prefix + Character.MAX_VALUE).values());
    }

    boolean isPair(String clientId, String gatewayId) {
        String prefix = triple(clientId, gatewayId, "");
        String first = byTriple.ceilingKey(prefix);
        return first != null && first.startsWith(prefix);
    }

    private static String byGateway(Authorization a) {
        return triple(a.gatewayId(), a.clientId(), a.resourceId());
    }

    private static String triple(Authorization a) {
        return triple(a.clientId(), a.gatewayId(), a.resourceId());
    }

    private static String triple(String first, String second, String third) {
        return first + "|" + second + "|" + third;
    }
}
