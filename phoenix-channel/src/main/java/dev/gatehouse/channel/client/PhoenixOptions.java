package dev.gatehouse.channel.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.session.ReconnectPolicy;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/// What a [PhoenixClient] needs to know.
///
/// @param login asked before each attempt: a changed public key makes another URL
/// @param caFile PEM certificates to trust instead of the JVM's
/// @param network how the portal is found and reached
public record PhoenixOptions(
        PeerRole role,
        Supplier<LoginUrl> login,
        String userAgent,
        JsonNode joinPayload,
        ReconnectPolicy policy,
        Optional<Path> caFile,
        PortalNetwork network) {
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
                PortalNetwork.SYSTEM);
    }

    public PhoenixOptions withCaFile(Optional<Path> file) {
        return new PhoenixOptions(role, login, userAgent, joinPayload, policy, file, network);
    }

    public PhoenixOptions withNetwork(PortalNetwork other) {
        return new PhoenixOptions(role, login, userAgent, joinPayload, policy, caFile, other);
    }
}
