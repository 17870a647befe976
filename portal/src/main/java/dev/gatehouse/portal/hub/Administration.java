package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.hub.audit.AuditTrail;
import dev.gatehouse.portal.hub.authorization.Reconciler;
import dev.gatehouse.portal.hub.authorization.World;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.device.Devices;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Block;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.Role;

/// What an administrator does beside the file: each act is stored, audited, and carried to the
/// peers it concerns. Belongs to the hub's thread.
final class Administration {
    private final Sessions sessions;
    private final Devices devices;
    private final World world;
    private final Reconciler reconciler;
    private final Outbox outbox;
    private final AuditTrail audit;

    Administration(
            Sessions sessions,
            Devices devices,
            World world,
            Reconciler reconciler,
            Outbox outbox,
            AuditTrail audit) {
        this.sessions = sessions;
        this.devices = devices;
        this.world = world;
        this.reconciler = reconciler;
        this.outbox = outbox;
        this.audit = audit;
    }

    /// Takes an authorization away; with `block` the client is denied the resource from then on.
    void revoke(Authorization authorization, boolean block, Moment now) {
        if (block) {
            var denial = new Block(authorization.clientId(), authorization.resourceId());
            world.block(denial);
            outbox.add(new HubAction.SaveBlock(denial));
            audit.about(AuditEvent.Kind.CLIENT_BLOCKED, authorization, now, "by API");
            reconciler.handleClient(
                    denial.clientId(),
                    a -> a.resourceId().equals(denial.resourceId()),
                    "blocked by an administrator",
                    now);
        } else {
            reconciler.revoke(authorization, "revoked by an administrator", now);
        }
    }

    boolean unblock(Block block, Moment now) {
        if (!world.unblock(block)) {
            return false;
        }
        outbox.add(new HubAction.DeleteBlock(block));
        audit.simple(
                AuditEvent.Kind.CLIENT_UNBLOCKED,
                now.unixSeconds(),
                block.clientId() + " " + block.resourceId());
        reconciler.handleClient(block.clientId(), _ -> false, "", now);
        return true;
    }

    boolean disable(String resourceId, boolean disabled, Moment now) {
        var before = world.directory();
        if (before.resource(resourceId).isEmpty()) {
            return false;
        }
        world.disable(resourceId, disabled);
        outbox.add(new HubAction.SaveDisabled(resourceId, disabled));
        audit.simple(
                disabled ? AuditEvent.Kind.RESOURCE_DISABLED : AuditEvent.Kind.RESOURCE_ENABLED,
                now.unixSeconds(),
                resourceId);
        reconciler.handleDirectory(before, now);
        return true;
    }

    /// Sets whether an administrator vouches for the client; what hung on it is taken away.
    boolean verify(String clientId, boolean verified, Moment now) {
        var device = devices.find(clientId).filter(d -> d.role() == Role.CLIENT);
        if (device.isEmpty()) {
            return false;
        }
        devices.put(device.get().withVerified(verified));
        outbox.add(new HubAction.SaveDevice(device.get().withVerified(verified)));
        sessions.joinedClient(clientId).ifPresent(c -> c.verified(verified));
        audit.simple(
                verified ? AuditEvent.Kind.CLIENT_VERIFIED : AuditEvent.Kind.CLIENT_UNVERIFIED,
                now.unixSeconds(),
                clientId);
        reconciler.handleClient(
                clientId,
                a -> !verified && reconciler.dependsOnVerification(a),
                "client is not verified",
                now);
        return true;
    }
}
