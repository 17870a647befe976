package dev.gatehouse.wireguard;

import java.time.Duration;

/// Where client and gateway differ.
///
/// @param giveUpNs how long one handshake is tried before the tunnel has failed; a gateway's must
///     exceed its clients' ICE timeout (tunnel.md 11.2)
public record WireGuardPolicy(long giveUpNs) {
    public WireGuardPolicy {
        if (giveUpNs <= 0) {
            throw new IllegalArgumentException("give-up must be positive: " + giveUpNs);
        }
    }

    public static WireGuardPolicy client() {
        return new WireGuardPolicy(Duration.ofSeconds(15).toNanos());
    }

    public static WireGuardPolicy gateway() {
        return new WireGuardPolicy(Duration.ofSeconds(20).toNanos());
    }
}
