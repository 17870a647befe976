package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.policy.Directory.Token;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.portal.policy.SemVer;
import dev.gatehouse.wire.IpAddress;
import java.util.Optional;

/// The verdict on an HTTP upgrade.
public sealed interface Admission {
    /// The peer may connect. `component` is the user agent's piece before the version, `system`
    /// what stands before it, like `Debian/12.0.0`.
    record Accepted(
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
            RelayAddress relay)
            implements Admission {
        @Override
        public String toString() {
            return "Accepted[" + endpoint + "]";
        }
    }

    /// Where a relay says that it listens.
    record RelayAddress(Optional<IpAddress> ipv4, Optional<IpAddress> ipv6, int port) {}

    /// The peer is sent away with this status; `code` is machine readable, `detail` for people.
    record Refused(int status, String code, String detail) implements Admission {}
}
