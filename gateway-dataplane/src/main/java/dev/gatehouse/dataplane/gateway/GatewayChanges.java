package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import java.util.List;

/// Which parts of a [GatewayState] may differ from what its [GatewayState#snapshot] said before.
///
/// @param clients of whom anything may differ; they may be gone, or others by the same id
/// @param grants of other clients
/// @param mappings of other clients
/// @param authorized of the grants those that were given, perhaps again
public record GatewayChanges(
        List<String> clients,
        List<GrantKey> grants,
        List<MappingKey> mappings,
        List<GrantKey> authorized) {
    /// What one client may do with one resource.
    public record GrantKey(String clientId, String resourceId) {}

    /// A name of one client, as far as one resource serves it.
    public record MappingKey(String clientId, String resourceId, String domain) {
        static MappingKey of(DnsMapping mapping) {
            return new MappingKey(mapping.clientId(), mapping.resourceId(), mapping.domain());
        }
    }

    public GatewayChanges {
        clients = List.copyOf(clients);
        grants = List.copyOf(grants);
        mappings = List.copyOf(mappings);
        authorized = List.copyOf(authorized);
    }

    /// All of some clients.
    static GatewayChanges of(List<String> clients) {
        return new GatewayChanges(clients, List.of(), List.of(), List.of());
    }
}
