package dev.gatehouse.client.state;

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
        Optional<String> gatewayId) {}
