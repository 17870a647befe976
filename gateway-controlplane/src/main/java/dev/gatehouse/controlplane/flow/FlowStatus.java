package dev.gatehouse.controlplane.flow;

import dev.gatehouse.rpc.Status;

/// An immutable view for probes and metrics.
public record FlowStatus(
        boolean portalJoined,
        boolean portalEverJoined,
        boolean dataplaneUp,
        Status dataplane,
        int clients,
        int authorizations,
        int commandsWaiting,
        long commandsDropped) {
    /// The pair has its sockets and its TUN.
    public boolean isStarted() {
        return dataplaneUp && dataplane.getTunUp() && dataplane.getSocketsOpen();
    }

    /// Clients may be sent here. Losing the portal for a while does not change that.
    public boolean isReady() {
        return isStarted()
                && portalEverJoined
                && dataplane.getRelaysAllocated() > 0
                && !dataplane.getDraining();
    }
}
