package dev.gatehouse.channel;

/// The versions our programs announce in their user agents: what portals compare, and what other
/// peers' compatibility windows are checked against (portal-channel.md 1.4 and 7.3).
public final class PeerVersions {
    public static final String GATEWAY = "1.5.2";
    public static final String HEADLESS_CLIENT = "1.5.8";
    public static final String RELAY = "0.1.0";

    private PeerVersions() {}
}
