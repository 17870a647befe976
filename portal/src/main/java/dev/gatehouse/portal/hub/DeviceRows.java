package dev.gatehouse.portal.hub;

import java.time.Duration;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Keeps the rows of devices true: who is there was seen today, and who was not seen for long goes,
/// unless an administrator or an authorization knows the device.
final class DeviceRows {
    private static final long PERIOD_NS = Duration.ofHours(1).toNanos();

    private final Places places;
    private final AuthorizationTable authorizations;
    private final World world;
    private final Outbox outbox;
    private final AuditTrail audit;

    /// Not before an hour has passed since the start: by then, who lives is there again.
    private long atNs = PERIOD_NS;

    DeviceRows(
            Places places,
            AuthorizationTable authorizations,
            World world,
            Outbox outbox,
            AuditTrail audit) {
        this.places = places;
        this.authorizations = authorizations;
        this.world = world;
        this.outbox = outbox;
        this.audit = audit;
    }

    /// Called at least once a minute.
    void handleTimeout(Moment now) {
        if (now.nowNs() < atNs) {
            return;
        }
        atNs = now.nowNs() + PERIOD_NS;
        places.seenToday(now.unixSeconds())
                .forEach(device -> outbox.add(new HubAction.SaveDevice(device)));
        expire(now);
    }

    private void expire(Moment now) {
        var blocked =
                world.blocks().stream()
                        .map(Block::clientId)
                        .collect(Collectors.toCollection(TreeSet::new));
        var expired = places.expire(d -> isInUse(d) || blocked.contains(d.id()), now.unixSeconds());
        for (var device : expired) {
            outbox.add(new HubAction.DeleteDevice(device.id()));
            audit.simple(
                    AuditEvent.Kind.DEVICE_EXPIRED,
                    now.unixSeconds(),
                    device.role().topic() + " " + device.id() + " " + device.name());
        }
    }

    private boolean isInUse(Device device) {
        var held =
                device.role() == Role.CLIENT
                        ? authorizations.ofClient(device.id())
                        : authorizations.ofGateway(device.id());
        return !held.isEmpty();
    }
}
