package dev.gatehouse.client.state.grant;

import dev.gatehouse.wire.IpAddress;

/// The portal's permission to use a resource through a gateway.
///
/// @param gatewayKey base64, as are keys everywhere in here: only `Tunnels` reads it
public record Flow(
        String resourceId,
        String gatewayId,
        String siteId,
        IpAddress gatewayIpv4,
        IpAddress gatewayIpv6,
        Keys keys) {
    /// What the tunnel to the gateway is made of; never printed.
    public record Keys(
            String gatewayKey,
            String presharedKey,
            String localUfrag,
            String localPassword,
            String remoteUfrag,
            String remotePassword) {
        @Override
        public String toString() {
            return "[redacted]";
        }
    }
}
