package dev.gatehouse.controlplane.flow;

import dev.gatehouse.rpc.Status;
import java.util.Optional;

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
    /// Clients may be sent here. Losing the portal for a while does not change that.
    public boolean isReady() {
        return unreadyReason().isEmpty();
    }

    /// Why no client should be sent here, the first cause first: the tunnel's addresses and the
    /// relays come from the portal, so without it nothing is said of them. Empty if ready.
    public Optional<String> unreadyReason() {
        if (!dataplaneUp) {
            return Optional.of("no data plane");
        }
        if (!dataplane.getSocketsOpen()) {
            return Optional.of("the data plane has no sockets yet");
        }
        if (!portalEverJoined) {
            return Optional.of("not joined to the portal");
        }
        if (!dataplane.getHostFault().isEmpty()) {
            return Optional.of(dataplane.getHostFault());
        }
        if (!dataplane.getTunUp()) {
            return Optional.of("the tunnel has no addresses yet");
        }
        if (dataplane.getDraining()) {
            return Optional.of("draining");
        }
        return dataplane.getRelaysAllocated() > 0
                ? Optional.empty()
                : Optional.of("no relay allocation");
    }
}
