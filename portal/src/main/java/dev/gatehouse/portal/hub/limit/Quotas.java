package dev.gatehouse.portal.hub.limit;

import dev.gatehouse.portal.state.Role;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The quotas of devices that are away, of the 1,000 that left last: who comes again goes on with
/// what was left. Those of open sessions are theirs.
public final class Quotas {
    private static final int KEPT_MAX = 1_000;

    private final Map<String, Quota> kept = new LinkedHashMap<>();

    public Quota take(String deviceId, Role role) {
        var quota = kept.remove(deviceId);
        return quota == null ? new Quota(role) : quota;
    }

    public void keep(String deviceId, Quota quota) {
        if (kept.size() == KEPT_MAX) {
            kept.remove(kept.keySet().iterator().next());
        }
        kept.put(deviceId, quota);
    }

    public Optional<Quota> find(String deviceId) {
        return Optional.ofNullable(kept.get(deviceId));
    }
}
