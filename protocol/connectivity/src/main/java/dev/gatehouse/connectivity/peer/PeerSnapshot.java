package dev.gatehouse.connectivity.peer;

import dev.gatehouse.ice.IceSnapshot;
import dev.gatehouse.wireguard.TunnelSnapshot;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;

/// One connection, for a successor of this process.
///
/// @param connectionId the upper 24 bits of our session indices
/// @param relayId the selected relay, or empty
public record PeerSnapshot(
        String peerId,
        PublicKey key,
        PresharedKey psk,
        int connectionId,
        String relayId,
        IceSnapshot ice,
        TunnelSnapshot tunnel) {}
