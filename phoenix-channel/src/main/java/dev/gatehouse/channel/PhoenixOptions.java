package dev.gatehouse.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.gatehouse.wire.IpAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What a [PhoenixClient] needs to know.
///
/// @param login asked before each attempt: a changed public key makes another URL
/// @param caFile PEM certificates to trust instead of the JVM's
/// @param knownAddresses of the portal, for when its name cannot be resolved in time
public record PhoenixOptions(
        PeerRole role,
        Supplier<LoginUrl> login,
        String userAgent,
        JsonNode joinPayload,
        ReconnectPolicy policy,
        Optional<Path> caFile,
        List<IpAddress> knownAddresses) {
    public PhoenixOptions {
        knownAddresses = List.copyOf(knownAddresses);
    }

    /// Gateways and clients join with null.
    public static PhoenixOptions tunnelPeer(
            PeerRole role, Supplier<LoginUrl> login, String userAgent, ReconnectPolicy policy) {
        return new PhoenixOptions(
                role,
                login,
                userAgent,
                NullNode.getInstance(),
                policy,
                Optional.empty(),
                List.of());
    }

    public PhoenixOptions withCaFile(Optional<Path> file) {
        return new PhoenixOptions(
                role, login, userAgent, joinPayload, policy, file, knownAddresses);
    }

    public PhoenixOptions withKnownAddresses(List<IpAddress> addresses) {
        return new PhoenixOptions(role, login, userAgent, joinPayload, policy, caFile, addresses);
    }
}
