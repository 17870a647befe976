package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.portal.policy.SemVer;
import dev.gatehouse.wire.IpAddress;
import java.util.Optional;

/// Who a peer is and what it says of itself, checked. `component` is the user agent's piece before
/// the version, `system` what stands before it, like `Debian/12.0.0`.
public record Identity(
        ChannelEndpoint endpoint,
        Token token,
        String externalId,
        String name,
        String publicKey,
        String hardware,
        String system,
        String component,
        String versionText,
        SemVer version,
        IpAddress remoteIp,
        Location location,
        RelayAddress relay) {
    /// Where a relay says that it listens.
    public record RelayAddress(Optional<IpAddress> ipv4, Optional<IpAddress> ipv6, int port) {}

    @Override
    public String toString() {
        return "Identity[" + endpoint + "]";
    }
}
