package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.name.DnsMapping;

/// What [GatewayState] asks of its shell, or tells it.
public sealed interface GatewayEvent {
    /// Look up A and AAAA of a name within 10 seconds, then call [GatewayState#handleResolved] or
    /// [GatewayState#handleResolveFailed]. The shell shares concurrent lookups of one name and
    /// caches answers for 30 seconds.
    ///
    /// @param domain in lower case, without a trailing dot
    record ResolveName(long requestId, String clientId, String resourceId, String domain)
            implements GatewayEvent {}

    /// The client is forgotten: close its connection, after a goodbye if `sayGoodbye`.
    record CloseConnection(String clientId, boolean sayGoodbye) implements GatewayEvent {}

    /// An authorization came to its end.
    record AccessExpired(String clientId, String resourceId) implements GatewayEvent {}

    /// A mapping was made or replaced.
    record DnsMappingChanged(DnsMapping mapping) implements GatewayEvent {}

    /// The client numbered its proxy addresses anew: all its mappings are gone.
    record DnsMappingsCleared(String clientId) implements GatewayEvent {}
}
