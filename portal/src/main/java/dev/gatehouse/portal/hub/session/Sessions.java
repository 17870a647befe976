package dev.gatehouse.portal.hub.session;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The open connections, in the order in which they came. Each role has a table of its own: what
/// concerns gateways or relays does not look at a thousand clients.
public final class Sessions {
    private final Map<Long, Session> byId = new TreeMap<>();
    private final Map<String, Session> byDevice = new TreeMap<>();
    private final Map<Long, Session.Gateway> gateways = new TreeMap<>();
    private final Map<Long, Session.Client> clients = new TreeMap<>();
    private final Map<Long, Session.Relay> relays = new TreeMap<>();

    public Optional<Session> find(long id) {
        return Optional.ofNullable(byId.get(id));
    }

    public void add(Session session) {
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

    public void remove(Session session) {
        byId.remove(session.id());
        gateways.remove(session.id());
        clients.remove(session.id());
        relays.remove(session.id());
        if (!(session instanceof Session.Relay)) {
            byDevice.remove(session.device().id(), session);
        }
    }

    public Optional<Session> ofDevice(String deviceId) {
        return Optional.ofNullable(byDevice.get(deviceId));
    }

    public Optional<Session.Client> joinedClient(String deviceId) {
        return ofDevice(deviceId)
                .filter(Session::isJoined)
                .filter(Session.Client.class::isInstance)
                .map(Session.Client.class::cast);
    }

    public Optional<Session.Gateway> joinedGateway(String deviceId) {
        return ofDevice(deviceId)
                .filter(Session::isJoined)
                .filter(Session.Gateway.class::isInstance)
                .map(Session.Gateway.class::cast);
    }

    public Collection<Session> all() {
        return List.copyOf(byId.values());
    }

    public List<Session.Gateway> joinedGateways() {
        return joined(gateways.values());
    }

    public List<Session.Client> joinedClients() {
        return joined(clients.values());
    }

    public List<Session.Relay> joinedRelays() {
        return joined(relays.values());
    }

    private static <S extends Session> List<S> joined(Collection<S> sessions) {
        return sessions.stream().filter(Session::isJoined).toList();
    }

    public int size() {
        return byId.size();
    }
}
