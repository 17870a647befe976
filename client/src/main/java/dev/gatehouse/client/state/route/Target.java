package dev.gatehouse.client.state.route;

import dev.gatehouse.client.state.flow.Gateway;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.name.ProxyName;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;

/// Where packets to an address go (client.md 15.1).
public sealed interface Target {
    /// Nowhere: multicast, ourselves, addresses of the tunnel ranges that mean nothing.
    record Nowhere() implements Target {}

    record Sentinel(IpAddress address, Endpoint server) implements Target {}

    /// Link-local multicast name resolution, RFC 4795.
    record Llmnr() implements Target {}

    record ToGateway(Gateway gateway) implements Target {}

    /// @param entry null if the resource is gone
    record Proxy(ProxyName name, ResourceEntry entry) implements Target {}

    record Direct(ResourceEntry entry) implements Target {}
}
