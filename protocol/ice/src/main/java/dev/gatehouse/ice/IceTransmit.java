package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;

/// A STUN message to send. Compared by identity: the payload is an array.
///
/// @param local the base to send from: a socket's address, or one of our relayed addresses, then
///     the message goes through the allocation that owns it
/// @param payload owned by the receiver of this record
public record IceTransmit(Endpoint local, Endpoint remote, byte[] payload) {}
