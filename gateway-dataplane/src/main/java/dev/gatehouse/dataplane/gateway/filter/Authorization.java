package dev.gatehouse.dataplane.gateway.filter;

import dev.gatehouse.wire.IpAddress;
import java.util.OptionalLong;

/// A client may use a resource, until the expiry if there is one.
///
/// @param clientV4 the client's tunnel address, one of the two sources it may use
/// @param expiresAtUnixSeconds access is allowed while this is in the future; empty: for ever
public record Authorization(
        String clientId,
        IpAddress clientV4,
        IpAddress clientV6,
        ResourceSpec resource,
        OptionalLong expiresAtUnixSeconds) {
    public Authorization {
        if (!clientV4.isV4() || clientV6.isV4()) {
            throw new IllegalArgumentException("tunnel addresses are one IPv4 and one IPv6");
        }
    }

    /// One line of the authoritative list of `init`, without the resource itself.
    public record Listed(String clientId, String resourceId, OptionalLong expiresAtUnixSeconds) {}
}
