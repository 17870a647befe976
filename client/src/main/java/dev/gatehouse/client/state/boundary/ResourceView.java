package dev.gatehouse.client.state.boundary;

import dev.gatehouse.client.state.grant.Resource;
import java.util.Optional;

/// A resource as shown to the user.
///
/// @param address its pattern or network; empty for the internet
/// @param gatewayId the gateway that serves it at present
public record ResourceView(
        String id,
        String name,
        String kind,
        String address,
        SiteStatus status,
        Optional<String> gatewayId) {
    public static ResourceView of(
            Resource resource, SiteStatus status, Optional<String> gatewayId) {
        return switch (resource) {
            case Resource.Dns d -> of(d, "dns", d.pattern(), status, gatewayId);
            case Resource.Cidr c -> of(c, "cidr", c.network().toString(), status, gatewayId);
            case Resource.Internet i -> of(i, "internet", "", status, gatewayId);
        };
    }

    private static ResourceView of(
            Resource resource,
            String kind,
            String address,
            SiteStatus status,
            Optional<String> gatewayId) {
        return new ResourceView(resource.id(), resource.name(), kind, address, status, gatewayId);
    }
}
