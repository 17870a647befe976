package dev.gatehouse.portal.hub.device;

import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubAction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Keeps the rows of devices true: who is there was seen today, and who was not seen for long goes,
/// unless an administrator or an authorization knows the device.
public final class DeviceRows {
    private static final long PERIOD_NS = Duration.ofHours(1).toNanos();

    /// A row whose device came once and never again.
    private static final long ONCE_SECONDS = Duration.ofDays(7).toSeconds();

    private static final long SEEN_EVERY_SECONDS = Duration.ofDays(1).toSeconds();

    private final Duration expiry;
    private final Devices devices;
    private final Sessions sessions;
    private final Predicate<Device> isKept;
    private final Outbox outbox;
    private final AuditTrail audit;

    /// Not before an hour has passed since the start: by then, who lives is there again.
    private long atNs = PERIOD_NS;

    /// @param expiry after so long unseen a row goes; zero: never
    /// @param isKept whether anything else knows the device: an administrator, an authorization
    public DeviceRows(
            Duration expiry,
            Devices devices,
            Sessions sessions,
            Predicate<Device> isKept,
            Outbox outbox,
            AuditTrail audit) {
        this.expiry = expiry;
        this.devices = devices;
        this.sessions = sessions;
        this.isKept = isKept;
        this.outbox = outbox;
        this.audit = audit;
    }

    /// Called at least once a minute.
    public void handleTimeout(Moment now) {
        if (now.nowNs() < atNs) {
            return;
        }
        atNs = now.nowNs() + PERIOD_NS;
        seenToday(now.unixSeconds()).forEach(d -> outbox.add(new HubAction.SaveDevice(d)));
        for (var device : expire(now.unixSeconds())) {
            outbox.add(new HubAction.DeleteDevice(device.id()));
            audit.simple(
                    AuditEvent.Kind.DEVICE_EXPIRED,
                    now.unixSeconds(),
                    device.role().topic() + " " + device.id() + " " + device.name());
        }
    }

    /// Rows of devices that are there, which a day has passed since they were written as seen.
    private List<Device> seenToday(long nowSeconds) {
        var seen = new ArrayList<Device>();
        for (var session : sessions.all()) {
            if (!(session instanceof Session.Relay)) {
                devices.find(session.device().id())
                        .filter(d -> d.seenAt() + SEEN_EVERY_SECONDS <= nowSeconds)
                        .map(d -> d.withSeenAt(nowSeconds))
                        .ifPresent(seen::add);
            }
        }
        seen.forEach(devices::put);
        return seen;
    }

    /// Takes out the rows of devices that have not been seen for long.
    private List<Device> expire(long nowSeconds) {
        if (expiry.isZero()) {
            return List.of();
        }
        var expired =
                devices.all().stream()
                        .filter(d -> d.seenAt() + expirySeconds(d) <= nowSeconds)
                        .filter(d -> sessions.ofDevice(d.id()).isEmpty())
                        .filter(d -> !d.verified() && !isKept.test(d))
                        .toList();
        expired.forEach(devices::remove);
        return expired;
    }

    private long expirySeconds(Device device) {
        long seconds = expiry.toSeconds();
        return device.seenAt() == device.createdAt() ? Math.min(seconds, ONCE_SECONDS) : seconds;
    }
}
