package dev.gatehouse.channel;

import java.util.Locale;

/// The three kinds of peers of a portal; topic and path follow from it (portal-channel.md 1.1).
public enum PeerRole {
    GATEWAY("gateway", PeerVersions.GATEWAY),
    CLIENT("headless-client", PeerVersions.HEADLESS_CLIENT),
    RELAY("relay", PeerVersions.RELAY);

    private final String component;
    private final String version;

    PeerRole(String component, String version) {
        this.component = component;
        this.version = version;
    }

    public String topic() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The path of the WebSocket endpoint; relays have one for both generations.
    public String path(ApiVersion version) {
        return switch (this) {
            case RELAY -> "/relay/websocket";
            case GATEWAY, CLIENT ->
                    switch (version) {
                        case V1 -> "/" + topic() + "/websocket";
                        case V2 -> "/" + topic() + "/v2/websocket";
                    };
        };
    }

    /// The component of the user agent, with its version: `gateway/1.5.2`.
    public String product() {
        return component + "/" + version;
    }
}
