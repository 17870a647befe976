package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// One connected peer, as the API shows it.
public record Connection(
        String role,
        String id,
        String name,
        String owner,
        String component,
        String version,
        String endpoint,
        String remoteIp,
        List<String> addresses,
        boolean joined) {
    public static Connection of(Session session, Directory directory) {
        var identity = session.identity();
        var owner = identity.token().ownerId();
        Function<String, String> ownerName =
                id ->
                        switch (session) {
                            case Session.Gateway _ ->
                                    directory.site(id).map(Directory.Site::name).orElse("");
                            case Session.Client _ ->
                                    directory.actor(id).map(Directory.Actor::name).orElse("");
                            case Session.Relay _ -> "";
                        };
        boolean relay = session instanceof Session.Relay;
        var addresses = new ArrayList<String>();
        if (relay) {
            identity.relay().ipv4().map(IpAddress::toString).ifPresent(addresses::add);
            identity.relay().ipv6().map(IpAddress::toString).ifPresent(addresses::add);
        } else {
            addresses.add(session.device().ipv4());
            addresses.add(session.device().ipv6());
        }
        return new Connection(
                session.topic(),
                idOf(session),
                relay ? identity.name() : session.device().name(),
                ownerName.apply(owner),
                identity.component(),
                identity.versionText(),
                identity.endpoint().name(),
                identity.remoteIp().toString(),
                addresses,
                session.isJoined());
    }

    public static String idOf(Session session) {
        return session instanceof Session.Relay relay ? relay.relayId() : session.device().id();
    }
}
