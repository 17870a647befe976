package dev.gatehouse.wireguard.handshake;

import dev.gatehouse.wireguard.crypto.AeadKey;

/// What a handshake yields.
///
/// @param remoteIndex the index by which the peer knows this session
public record TransportKeys(AeadKey sending, AeadKey receiving, int remoteIndex) {}
