package dev.gatehouse.portal.hub;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The open connections, in the order in which they came.
final class Sessions {
    private final Map<Long, Session> byId = new TreeMap<>();
    private final Map<String, Session> byDevice = new TreeMap<>();

    Optional<Session> find(long id) {
        return Optional.ofNullable(byId.get(id));
    }

    void add(Session session) {
        byId.put(session.id(), session);
        if (!(session instanceof Session.Relay)) {
            byDevice.put(session.device().id(), session);
        }
    }

    void remove(Session session) {
        byId.remove(session.id());
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
        return joined(Session.Gateway.class);
    }

    List<Session.Client> joinedClients() {
        return joined(Session.Client.class);
    }

    List<Session.Relay> joinedRelays() {
        return joined(Session.Relay.class);
    }

    private <S extends Session> List<S> joined(Class<S> type) {
        return byId.values().stream()
                .filter(Session::isJoined)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    int size() {
        return byId.size();
    }
}
