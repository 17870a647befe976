package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.state.Role;
import java.time.Duration;
import java.util.Optional;

/// The WebSocket paths. The event names depend on the path a peer connected to, not on its
/// version (portal-channel.md 9.1).
public enum ChannelEndpoint {
    GATEWAY("/gateway/websocket", Role.GATEWAY, false, 37),
    GATEWAY_V2("/gateway/v2/websocket", Role.GATEWAY, true, 37),
    CLIENT("/client/websocket", Role.CLIENT, false, 307),
    CLIENT_V2("/client/v2/websocket", Role.CLIENT, true, 37),
    RELAY("/relay/websocket", Role.RELAY, false, 41);

    private final String path;
    private final Role role;
    private final boolean v2;
    private final long idleTimeoutNs;

    ChannelEndpoint(String path, Role role, boolean v2, int idleSeconds) {
        this.path = path;
        this.role = role;
        this.v2 = v2;
        this.idleTimeoutNs = Duration.ofSeconds(idleSeconds).toNanos();
    }

    /// The endpoint of a request path; a prefix (a portal mounted below a path) is ignored.
    public static Optional<ChannelEndpoint> ofPath(String path) {
        for (var endpoint : values()) {
            if (path.endsWith(endpoint.path)) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }

    public Role role() {
        return role;
    }

    /// Whether the August 2026 names are spoken.
    public boolean isV2() {
        return v2;
    }

    long idleTimeoutNs() {
        return idleTimeoutNs;
    }

    public String authorizeEvent() {
        return v2 ? "create_authorization" : "authorize_flow";
    }

    public String authorizedEvent() {
        return v2 ? "authorization_created" : "flow_authorized";
    }

    public String requestEvent() {
        return v2 ? "request_authorization" : "create_flow";
    }

    public String createdEvent() {
        return v2 ? "authorization_created" : "flow_created";
    }

    public String failedEvent() {
        return v2 ? "authorization_creation_failed" : "flow_creation_failed";
    }
}
