package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.policy.Directory;
import dev.gatehouse.portal.policy.Resource;

/// Writes audit lines with the names that go with the ids.
final class AuditTrail {
    private static final int ID_LENGTH_MAX = 64; // ours are UUIDs: 36

    private final Outbox outbox;
    private final World world;
    private final Devices devices;

    AuditTrail(Outbox outbox, World world, Devices devices) {
        this.outbox = outbox;
        this.world = world;
        this.devices = devices;
    }

    void about(AuditEvent.Kind kind, Authorization a, long at, String detail) {
        outbox.add(
                new HubAction.Audit(
                        new AuditEvent(
                                at,
                                kind,
                                actor(a.actorId()),
                                a.clientId(),
                                device(a.clientId()),
                                a.resourceId(),
                                resource(a.resourceId()),
                                a.policyId(),
                                a.gatewayId(),
                                device(a.gatewayId()),
                                a.id(),
                                a.expiresAt(),
                                detail)));
    }

    void denied(Session.Client client, String resourceId, long at, String reason) {
        outbox.add(
                new HubAction.Audit(
                        new AuditEvent(
                                at,
                                AuditEvent.Kind.ACCESS_DENIED,
                                actor(client.device().ownerId()),
                                client.device().id(),
                                client.device().name(),
                                shortened(resourceId),
                                resource(resourceId),
                                "",
                                "",
                                "",
                                "",
                                0,
                                reason)));
    }

    /// What a client asks for may be anything; a line of the trail stays a line.
    private static String shortened(String id) {
        return id.length() <= ID_LENGTH_MAX ? id : id.substring(0, ID_LENGTH_MAX) + "...";
    }

    void simple(AuditEvent.Kind kind, long at, String detail) {
        outbox.add(new HubAction.Audit(AuditEvent.simple(at, kind, detail)));
    }

    private String actor(String id) {
        return world.directory().actor(id).map(Directory.Actor::name).orElse("");
    }

    private String resource(String id) {
        return world.directory().resource(id).map(Resource::name).orElse("");
    }

    private String device(String id) {
        return devices.find(id).map(Device::name).orElse("");
    }
}
