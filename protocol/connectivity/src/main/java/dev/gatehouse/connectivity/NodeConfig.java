package dev.gatehouse.connectivity;

import dev.gatehouse.ice.IceTimeouts;
import dev.gatehouse.ice.Role;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.key.KeyPair;

/// What a [Node] is made of.
///
/// @param role a client is controlling and initiates handshakes, a gateway is controlled
/// @param software SOFTWARE of requests to relays, less than 128 characters
/// @param aead the shard's instance
/// @param unixOriginNs Unix time in nanoseconds at `nowNs` 0
public record NodeConfig(
        Role role,
        KeyPair keyPair,
        IceTimeouts iceTimeouts,
        WireGuardPolicy policy,
        String software,
        Aead aead,
        long unixOriginNs) {
    /// As the reference of 2026 names itself.
    public static final String SOFTWARE = "snownet";

    public static NodeConfig client(KeyPair keyPair, Aead aead, long unixOriginNs) {
        return new NodeConfig(
                Role.CONTROLLING,
                keyPair,
                IceTimeouts.clientDefaults(),
                WireGuardPolicy.client(),
                SOFTWARE,
                aead,
                unixOriginNs);
    }

    public static NodeConfig gateway(KeyPair keyPair, Aead aead, long unixOriginNs) {
        return new NodeConfig(
                Role.CONTROLLED,
                keyPair,
                IceTimeouts.gatewayDefaults(),
                WireGuardPolicy.gateway(),
                SOFTWARE,
                aead,
                unixOriginNs);
    }

    boolean isClient() {
        return role == Role.CONTROLLING;
    }
}
