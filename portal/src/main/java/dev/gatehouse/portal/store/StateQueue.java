package dev.gatehouse.portal.store;

import dev.gatehouse.portal.state.HubAction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Changes that wait to be stored, in order. A later change of the same row replaces the earlier
/// one, so no more wait than there are rows, whatever a peer does. Not thread-safe.
final class StateQueue {
    /// The row a change is about.
    private record Row(String table, String id) {}

    private final Map<Row, HubAction> changes = new LinkedHashMap<>();

    void add(HubAction change) {
        var row = row(change);
        changes.remove(row);
        changes.put(row, change);
    }

    private static Row row(HubAction change) {
        return switch (change) {
            case HubAction.SaveDevice(var device) -> new Row("device", device.id());
            case HubAction.DeleteDevice(var id) -> new Row("device", id);
            case HubAction.SaveAuthorization(var a) -> new Row("authorization", a.id());
            case HubAction.DeleteAuthorization(var id) -> new Row("authorization", id);
            case HubAction.SaveBlock(var b) -> new Row(b.clientId(), b.resourceId());
            case HubAction.DeleteBlock(var b) -> new Row(b.clientId(), b.resourceId());
            case HubAction.SaveDisabled(var id, _) -> new Row("disabled", id);
            case HubAction.TokenUsed(var id, _) -> new Row("token", id);
            default -> throw new IllegalArgumentException("no change of the state");
        };
    }

    /// Puts back what could not be stored; what came meanwhile is newer.
    void putBack(List<HubAction> older) {
        var newer = List.copyOf(changes.values());
        changes.clear();
        older.forEach(this::add);
        newer.forEach(this::add);
    }

    /// Takes the oldest ones.
    List<HubAction> take(int max) {
        var taken = new ArrayList<HubAction>();
        for (var each = changes.values().iterator(); each.hasNext() && taken.size() < max; ) {
            taken.add(each.next());
            each.remove();
        }
        return taken;
    }

    int size() {
        return changes.size();
    }
}
