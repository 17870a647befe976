package dev.gatehouse.client.loop;

import java.util.List;

/// What the loop tells the portal; each call may be made from any thread and never waits.
public interface PortalLink {
    void createFlow(String resourceId, List<String> connectedGatewayIds);

    /// Held back while the portal is away.
    void addCandidates(String gatewayId, List<String> candidates);

    /// Held back while the portal is away.
    void removeCandidates(String gatewayId, List<String> candidates);

    /// Logs in anew, with the key pair of that moment.
    void reconnect();

    boolean isConnected();
}
