package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;

/// A datagram of our own making, to be sent once. `local` may be the unspecified address: any
/// socket of the family of `remote`.
public record Datagram(Endpoint local, Endpoint remote, Payload payload) {}
