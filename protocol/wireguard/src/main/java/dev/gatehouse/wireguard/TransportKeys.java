package dev.gatehouse.wireguard;

import dev.gatehouse.wireguard.crypto.AeadKey;

/// What a handshake yields.
///
/// @param remoteIndex the index by which the peer knows this session
record TransportKeys(AeadKey sending, AeadKey receiving, int remoteIndex) {}
