package dev.gatehouse.tunnel;

import dev.gatehouse.wire.IpAddress;
import java.util.List;

/// What client and gateway tell each other inside the tunnel, tunnel.md section 5.2.
public sealed interface P2pEvent {
    /// The client has handed out these proxy addresses for a name: please translate them.
    ///
    /// @param resource id in the form of 36 lower-case characters
    /// @param domain as received, to be echoed: the peer looks its state up by it
    record AssignedIps(String resource, String domain, List<IpAddress> proxyIps)
            implements P2pEvent {
        public AssignedIps {
            proxyIps = List.copyOf(proxyIps);
        }
    }

    /// The gateway translates the proxy addresses of the name, or does not.
    record DomainStatus(String resource, String domain, boolean active) implements P2pEvent {}

    /// The sender is about to forget the connection.
    record Goodbye() implements P2pEvent {}

    /// A kind of event that we do not know; ignored.
    record Unknown(int type) implements P2pEvent {}

    /// A known kind whose payload cannot be read; ignored.
    record Malformed(int type) implements P2pEvent {}
}
