package dev.gatehouse.relay.server.policy;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.Optional;

/// What a relay announces and how much it takes on, checked on construction.
///
/// @param publicV4 the address of IPv4 allocations; empty if there are none
/// @param publicV6 the address of IPv6 allocations; at least one of the two is present
/// @param listenPort where clients send to, never allocated
/// @param lowestPort first port of allocations
/// @param highestPort last port of allocations
/// @param software text of the SOFTWARE attribute
/// @param allowedPeers what may be relayed to although [PeerFilter] denies it by default
public record RelayConfig(
        Optional<IpAddress> publicV4,
        Optional<IpAddress> publicV6,
        int listenPort,
        int lowestPort,
        int highestPort,
        String software,
        RelayLimits limits,
        List<IpNetwork> allowedPeers) {
    public RelayConfig {
        allowedPeers = List.copyOf(allowedPeers);
        require(publicV4.isPresent() || publicV6.isPresent(), "a relay needs a public address");
        require(publicV4.isEmpty() || publicV4.get().isV4(), "the public IPv4 address is not IPv4");
        require(publicV6.isEmpty() || !publicV6.get().isV4(), "the public IPv6 address is IPv4");
        require(isPort(listenPort), "the listening port must be 1 to 65535");
        require(
                isPort(lowestPort) && isPort(highestPort) && lowestPort <= highestPort,
                "the allocation ports must lie in 1 to 65535, the lowest first");
        require(
                lowestPort != highestPort || lowestPort != listenPort,
                "no port is left for allocations");
        require(software.length() <= 127, "the software text must have at most 127 characters");
    }

    /// A relay with the ports and limits that clients expect.
    public static RelayConfig of(Optional<IpAddress> publicV4, Optional<IpAddress> publicV6) {
        return new RelayConfig(
                publicV4,
                publicV6,
                3478,
                49152,
                65535,
                "gatehouse-relay",
                RelayLimits.DEFAULT,
                List.of());
    }

    /// The public address of one family.
    public Optional<IpAddress> publicAddress(Family family) {
        return switch (family) {
            case IPV4 -> publicV4;
            case IPV6 -> publicV6;
        };
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65535;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
