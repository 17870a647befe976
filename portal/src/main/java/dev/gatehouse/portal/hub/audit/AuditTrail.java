package dev.gatehouse.portal.hub.audit;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubAction;
import dev.gatehouse.portal.state.Role;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Writes audit lines with the names that go with the ids, and says in the log what an
/// administrator wants to see go by, with ids alone.
public final class AuditTrail {
    private static final int ID_LENGTH_MAX = 64; // ours are UUIDs: 36

    private final Outbox outbox;
    private final Supplier<Directory> directory;
    private final Function<String, Optional<Device>> devices;
    private final Repetitions repetitions = new Repetitions();

    /// @param directory the one in force
    /// @param devices by id
    public AuditTrail(
            Outbox outbox,
            Supplier<Directory> directory,
            Function<String, Optional<Device>> devices) {
        this.outbox = outbox;
        this.directory = directory;
        this.devices = devices;
    }

    public void about(AuditEvent.Kind kind, Authorization a, Moment now, String detail) {
        repetitions.handleEnd(a.clientId(), a.resourceId());
        writeRepetitions();
        var event = event(kind, a, now.unixSeconds(), detail);
        boolean isTold =
                kind != AuditEvent.Kind.ACCESS_GRANTED || repetitions.isFirst(event, now.nowNs());
        if (isTold) {
            sentence(kind, a, detail).ifPresent(this::say);
            outbox.add(new HubAction.Audit(event));
        }
    }

    private AuditEvent event(AuditEvent.Kind kind, Authorization a, long at, String detail) {
        return new AuditEvent(
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
                detail,
                1,
                0);
    }

    private static Optional<String> sentence(AuditEvent.Kind kind, Authorization a, String detail) {
        return switch (kind) {
            case ACCESS_GRANTED ->
                    Optional.of(
                            "client %s was granted resource %s through gateway %s"
                                    .formatted(a.clientId(), a.resourceId(), a.gatewayId()));
            case ACCESS_REVOKED ->
                    Optional.of(
                            "client %s lost resource %s: %s"
                                    .formatted(a.clientId(), a.resourceId(), detail));
            case CLIENT_BLOCKED ->
                    Optional.of(
                            "client %s is blocked from resource %s"
                                    .formatted(a.clientId(), a.resourceId()));
            default -> Optional.empty();
        };
    }

    /// One line at once, and one a minute that counts its repetitions.
    public void denied(Session.Client client, String resourceId, Moment now, String reason) {
        var event = event(AuditEvent.Kind.ACCESS_DENIED, client, resourceId, now, reason);
        if (repetitions.isFirst(event, now.nowNs())) {
            outbox.add(new HubAction.Audit(event));
            say("%s: %s".formatted(denial(event), reason));
        }
        writeRepetitions();
    }

    /// A request was not answered since the client asks too often.
    public void dropped(Session.Client client, Moment now) {
        var event = event(AuditEvent.Kind.REQUESTS_DROPPED, client, "", now, "asks too often");
        if (repetitions.isFirst(event, now.nowNs())) {
            outbox.add(new HubAction.Audit(event));
            say("client %s asks too often and is not answered".formatted(event.clientId()));
        }
        writeRepetitions();
    }

    /// Whoever lacks a token may try it as often as it likes.
    public void refused(Role role, String code, Moment now) {
        String detail = "%s: %s".formatted(role.topic(), code);
        var event = AuditEvent.simple(now.unixSeconds(), AuditEvent.Kind.LOGIN_REFUSED, detail);
        if (repetitions.isFirst(event, now.nowNs())) {
            outbox.add(new HubAction.Audit(event));
            say("the login of a %s was refused: %s".formatted(role.topic(), code));
        }
        writeRepetitions();
    }

    private AuditEvent event(
            AuditEvent.Kind kind,
            Session.Client client,
            String resourceId,
            Moment now,
            String detail) {
        return new AuditEvent(
                now.unixSeconds(),
                kind,
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
                detail,
                1,
                0);
    }

    /// A resource that the portal does not know is not named: the text is the client's.
    private static String denial(AuditEvent event) {
        return event.resource().isEmpty()
                ? "client %s was denied an unknown resource".formatted(event.clientId())
                : "client %s was denied resource %s"
                        .formatted(event.clientId(), event.resourceId());
    }

    private void writeRepetitions() {
        for (var event : repetitions.takeDue()) {
            outbox.add(new HubAction.Audit(event));
            say("%s, %s".formatted(repeated(event), span(event)));
        }
    }

    private static String repeated(AuditEvent event) {
        return switch (event.kind()) {
            case ACCESS_DENIED -> "%s (%s)".formatted(denial(event), event.detail());
            case ACCESS_GRANTED ->
                    "client %s was granted resource %s"
                            .formatted(event.clientId(), event.resourceId());
            case CONNECTED, DISCONNECTED ->
                    "a peer came or went (%s)".formatted(event.kind().name());
            case LOGIN_REFUSED -> "logins were refused (%s)".formatted(event.detail());
            default -> "client %s was not answered".formatted(event.clientId());
        };
    }

    private static String span(AuditEvent event) {
        String times = event.count() == 1 ? "once more" : event.count() + " more times";
        return "%s within %d s".formatted(times, Math.max(1, event.at() - event.since()));
    }

    public void handleTimeout(long nowNs) {
        repetitions.handleTimeout(nowNs);
        writeRepetitions();
    }

    public long pollTimeout() {
        return repetitions.pollTimeout();
    }

    /// The client is gone: what was counted is written.
    public void handleGone(String clientId) {
        repetitions.handleEnd(clientId);
        writeRepetitions();
    }

    /// The portal ends.
    public void handleStop() {
        repetitions.handleStop();
        writeRepetitions();
    }

    /// A line of the log: with ids, never with names or addresses.
    public void say(String sentence) {
        outbox.add(new HubAction.Report(sentence));
    }

    /// What a client asks for may be anything; a line of the trail stays a line.
    private static String shortened(String id) {
        return id.length() <= ID_LENGTH_MAX ? id : id.substring(0, ID_LENGTH_MAX) + "...";
    }

    /// A peer came or went; one that does nothing else is a line a minute.
    public void presence(AuditEvent.Kind kind, Moment now, String who) {
        var event = AuditEvent.simple(now.unixSeconds(), kind, who);
        if (repetitions.isFirst(event, now.nowNs())) {
            outbox.add(new HubAction.Audit(event));
        }
        writeRepetitions();
    }

    public void simple(AuditEvent.Kind kind, long at, String detail) {
        outbox.add(new HubAction.Audit(AuditEvent.simple(at, kind, detail)));
    }

    private String actor(String id) {
        return directory.get().actor(id).map(Directory.Actor::name).orElse("");
    }

    private String resource(String id) {
        return directory.get().resource(id).map(Resource::name).orElse("");
    }

    private String device(String id) {
        return devices.apply(id).map(Device::name).orElse("");
    }
}
