package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.policy.Directory.Token;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One open WebSocket; belongs to the hub's thread.
abstract sealed class Session {
    private final long id;
    private final Admission.Accepted identity;
    private boolean joined;
    private long lastReceivedNs;

    Session(long id, Admission.Accepted identity, long nowNs) {
        this.id = id;
        this.identity = identity;
        this.lastReceivedNs = nowNs;
    }

    /// A gateway, and what it was told.
    static final class Gateway extends Session {
        private Device device;
        private List<String> announcedRelays = List.of();

        Gateway(long id, Admission.Accepted identity, Device device, long nowNs) {
            super(id, identity, nowNs);
            this.device = device;
        }

        @Override
        Device device() {
            return device;
        }

        @Override
        List<String> announcedRelays() {
            return announcedRelays;
        }

        @Override
        void announcedRelays(List<String> ids) {
            announcedRelays = ids;
        }
    }

    /// A client, and what it was told.
    static final class Client extends Session {
        private Device device;
        private List<String> announcedRelays = List.of();
        private final Map<String, ResourceView> resources = new LinkedHashMap<>();
        private final RequestLimits limits = new RequestLimits();

        Client(long id, Admission.Accepted identity, Device device, long nowNs) {
            super(id, identity, nowNs);
            this.device = device;
        }

        /// The resources the client has on its list, by id.
        Map<String, ResourceView> resources() {
            return resources;
        }

        RequestLimits limits() {
            return limits;
        }

        void verified(boolean value) {
            device = device.withVerified(value);
        }

        @Override
        Device device() {
            return device;
        }

        @Override
        List<String> announcedRelays() {
            return announcedRelays;
        }

        @Override
        void announcedRelays(List<String> ids) {
            announcedRelays = ids;
        }
    }

    /// A relay; it has no row of its own, its id follows from its secret.
    static final class Relay extends Session {
        private String stampSecret = "";
        private String relayId = "";

        Relay(long id, Admission.Accepted identity, long nowNs) {
            super(id, identity, nowNs);
        }

        void stamp(String secret, String derivedId) {
            stampSecret = secret;
            relayId = derivedId;
        }

        String stampSecret() {
            return stampSecret;
        }

        String relayId() {
            return relayId;
        }

        @Override
        Device device() {
            throw new IllegalStateException("a relay has no device row");
        }

        @Override
        List<String> announcedRelays() {
            return List.of();
        }

        @Override
        void announcedRelays(List<String> ids) {
            throw new IllegalStateException("a relay is told no relays");
        }
    }

    abstract Device device();

    abstract List<String> announcedRelays();

    abstract void announcedRelays(List<String> ids);

    long id() {
        return id;
    }

    Admission.Accepted identity() {
        return identity;
    }

    ChannelEndpoint endpoint() {
        return identity.endpoint();
    }

    Token token() {
        return identity.token();
    }

    String topic() {
        return endpoint().role().topic();
    }

    boolean isJoined() {
        return joined;
    }

    void join() {
        joined = true;
    }

    void heard(long nowNs) {
        lastReceivedNs = nowNs;
    }

    boolean isSilentAt(long nowNs) {
        return nowNs >= lastReceivedNs + endpoint().idleTimeoutNs();
    }
}
