package dev.gatehouse.portal.hub;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The open connections, in the order in which they came. Each role has a table of its own: what
/// concerns gateways or relays does not look at a thousand clients.
final class Sessions {
    private final Map<Long, Session> byId = new TreeMap<>();
    private final Map<String, Session> byDevice = new TreeMap<>();
    private final Map<Long, Session.Gateway> gateways = new TreeMap<>();
    private final Map<Long, Session.Client> clients = new TreeMap<>();
    private final Map<Long, Session.Relay> relays = new TreeMap<>();

    Optional<Session> find(long id) {
        return Optional.ofNullable(byId.get(id));
    }

    void add(Session session) {
        byId.put(session.id(), session);
        switch (session) {
            case Session.Gateway gateway -> gateways.put(session.id(), gateway);
            case Session.Client client -> clients.put(session.id(), client);
            case Session.Relay relay -> relays.put(session.id(), relay);
        }
        if (!(session instanceof Session.Relay)) {
            byDevice.put(session.device().id(), session);
        }
    }

    void remove(Session session) {
        byId.remove(session.id());
        gateways.remove(session.id());
        clients.remove(session.id());
        relays.remove(session.id());
        if (!(session instanceof Session.Relay)) {
            byDevice.remove(session.device().id(), session);
        }
    }

    Optional<Session> ofDevice(String deviceId) {
        return Optional.ofNullable(byDevice.get(deviceId));
    }

    Optional<Session.Client> joinedClient(String deviceId) {
        return ofDevice(deviceId)
                .filter(Session::isJoined)
                .filter(Session.Client.class::isInstance)
                .map(Session.Client.class::cast);
    }

    Optional<Session.Gateway> joinedGateway(String deviceId) {
        return ofDevice(deviceId)
                .filter(Session::isJoined)
                .filter(Session.Gateway.class::isInstance)
                .map(Session.Gateway.class::cast);
    }

    Collection<Session> all() {
        return List.copyOf(byId.values());
    }

    List<Session.Gateway> joinedGateways() {
        return joined(gateways.values());
    }

    List<Session.Client> joinedClients() {
        return joined(clients.values());
    }

    List<Session.Relay> joinedRelays() {
        return joined(relays.values());
    }

    private static <S extends Session> List<S> joined(Collection<S> sessions) {
        return sessions.stream().filter(Session::isJoined).toList();
    }

    int size() {
        return byId.size();
    }
}
