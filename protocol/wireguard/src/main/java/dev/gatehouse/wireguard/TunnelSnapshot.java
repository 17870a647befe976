package dev.gatehouse.wireguard;

import dev.gatehouse.wireguard.handshake.Tai64n;

/// What a resumed data plane must know of a tunnel; sessions are made anew by a handshake.
///
/// @param received time stamp of the newest initiation accepted from the peer
/// @param sent time stamp of our newest initiation
/// @param sessionNumber number of the newest handshake message of ours, 0 to 255
public record TunnelSnapshot(Tai64n received, Tai64n sent, int sessionNumber) {
    public TunnelSnapshot {
        if (sessionNumber < 0 || sessionNumber > 255) {
            throw new IllegalArgumentException("session number out of range: " + sessionNumber);
        }
    }
}
