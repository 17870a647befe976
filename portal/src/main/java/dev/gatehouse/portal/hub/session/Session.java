package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.directory.ResourceView;
import dev.gatehouse.portal.hub.limit.Quota;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One open WebSocket; belongs to the hub's thread.
public abstract sealed class Session {
    /// Peers join with their first frame.
    private static final long JOIN_WITHIN_NS = Duration.ofSeconds(60).toNanos();

    private final long id;
    private final Identity identity;
    private final Quota quota;
    private final Inbox inbox = new Inbox();
    private final long openedNs;
    private boolean joined;
    private long lastReceivedNs;
    private Turn turn = Turn.NONE;
    private long readyAtNs;
    private long throttledSinceNs = Turns.NEVER;
    private boolean readsAnswers = true;

    Session(long id, Identity identity, Quota quota, long nowNs) {
        this.id = id;
        this.identity = identity;
        this.quota = quota;
        this.openedNs = nowNs;
        this.lastReceivedNs = nowNs;
    }

    /// Where a session stands in [Turns].
    enum Turn {
        NONE,
        READY,
        WAITING
    }

    /// A gateway or client: it has a row of its own, and is told relays.
    abstract static sealed class TunnelEnd extends Session {
        private Device device;
        private List<String> announcedRelays = List.of();

        TunnelEnd(long id, Identity identity, Quota quota, Device device, long nowNs) {
            super(id, identity, quota, nowNs);
            this.device = device;
        }

        void device(Device next) {
            device = next;
        }

        @Override
        public Device device() {
            return device;
        }

        @Override
        public List<String> announcedRelays() {
            return announcedRelays;
        }

        @Override
        public void announcedRelays(List<String> ids) {
            announcedRelays = ids;
        }
    }

    /// A gateway, and what it was told.
    public static final class Gateway extends TunnelEnd {
        public Gateway(long id, Identity identity, Quota quota, Device device, long nowNs) {
            super(id, identity, quota, device, nowNs);
        }
    }

    /// A client, and what it was told.
    public static final class Client extends TunnelEnd {
        private final Map<String, ResourceView> resources = new LinkedHashMap<>();

        public Client(long id, Identity identity, Quota quota, Device device, long nowNs) {
            super(id, identity, quota, device, nowNs);
        }

        /// The resources the client has on its list, by id.
        public Map<String, ResourceView> resources() {
            return resources;
        }

        public void verified(boolean value) {
            device(device().withVerified(value));
        }
    }

    /// A relay; it has no row of its own, its id follows from its secret.
    public static final class Relay extends Session {
        private String stampSecret = "";
        private String relayId = "";

        public Relay(long id, Identity identity, long nowNs) {
            super(id, identity, new Quota(Role.RELAY), nowNs);
        }

        public void stamp(String secret, String derivedId) {
            stampSecret = secret;
            relayId = derivedId;
        }

        public String stampSecret() {
            return stampSecret;
        }

        public String relayId() {
            return relayId;
        }

        @Override
        public Device device() {
            throw new IllegalStateException("a relay has no device row");
        }

        @Override
        public List<String> announcedRelays() {
            return List.of();
        }

        @Override
        public void announcedRelays(List<String> ids) {
            throw new IllegalStateException("a relay is told no relays");
        }
    }

    public abstract Device device();

    public abstract List<String> announcedRelays();

    public abstract void announcedRelays(List<String> ids);

    public long id() {
        return id;
    }

    public Identity identity() {
        return identity;
    }

    public Quota quota() {
        return quota;
    }

    Inbox inbox() {
        return inbox;
    }

    Turn turn() {
        return turn;
    }

    void turn(Turn next) {
        turn = next;
    }

    /// While it waits in [Turns]: until when.
    long readyAtNs() {
        return readyAtNs;
    }

    void readyAt(long ns) {
        readyAtNs = ns;
    }

    /// Since when it has sent more than it may, without a pause; or [Turns#NEVER].
    long throttledSinceNs() {
        return throttledSinceNs;
    }

    void throttledSince(long ns) {
        throttledSinceNs = ns;
    }

    /// Whether the peer takes what it is sent.
    boolean readsAnswers() {
        return readsAnswers;
    }

    void readsAnswers(boolean reads) {
        readsAnswers = reads;
    }

    public ChannelEndpoint endpoint() {
        return identity.endpoint();
    }

    public Token token() {
        return identity.token();
    }

    public String topic() {
        return endpoint().role().topic();
    }

    public boolean isJoined() {
        return joined;
    }

    public void join() {
        joined = true;
    }

    void heard(long nowNs) {
        lastReceivedNs = nowNs;
    }

    /// Whether a peer has said nothing for too long, or has not joined though it came for that.
    public boolean isSilentAt(long nowNs) {
        return nowNs >= lastReceivedNs + endpoint().idleTimeoutNs()
                || !joined && nowNs >= openedNs + JOIN_WITHIN_NS;
    }
}
