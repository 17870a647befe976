package dev.gatehouse.client.state.boundary;

import dev.gatehouse.wire.Endpoint;
import java.util.List;

/// What `ClientState` asks of its shell, besides moving packets.
public sealed interface ClientEvent {
    /// Ask the portal for a flow.
    record CreateFlow(String resourceId, List<String> connectedGatewayIds) implements ClientEvent {}

    /// Make the interface look like this.
    record ConfigureTun(TunConfig config) implements ClientEvent {}

    /// Send this query to a server over the host's network; the answer goes to
    /// `ClientState.handleDnsResponse` with the same ticket.
    record ForwardQuery(long ticket, Endpoint server, DnsPayload query) implements ClientEvent {}

    /// Send this query to a server over TCP; ends as [ForwardQuery] does.
    ///
    /// @param throughTunnel whether the server is reached through a gateway, not past the tunnel
    record ForwardTcpQuery(long ticket, Endpoint server, boolean throughTunnel, DnsPayload query)
            implements ClientEvent {}

    /// The list or the status of resources has changed.
    record ResourcesChanged() implements ClientEvent {}

    /// The tunnel to a gateway was given up, for whoever reads the log.
    record Left(String gatewayId, Cause cause) implements ClientEvent {
        /// Why a tunnel that may still have worked is closed.
        public enum Cause {
            /// The gateway said goodbye.
            GOODBYE,
            /// No resource is served by it any more.
            NOT_NEEDED,
            /// The portal says that no gateway of the site is there.
            OFFLINE
        }
    }

    /// A flow was granted but there is no relay: log in again to obtain some.
    record NeedRelays() implements ClientEvent {}
}
