package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;

/// What an [Allocation] learned.
public sealed interface AllocationEvent {
    /// A socket of ours, as an answer arrived on it.
    record HostFound(Endpoint address) implements AllocationEvent {}

    /// How the relay sees the socket `base`.
    record ReflexiveFound(Endpoint address, Endpoint base) implements AllocationEvent {}

    /// The host has lost the address of this socket, and all that was found behind it.
    record HostGone(Endpoint address) implements AllocationEvent {}

    /// An address at the relay; `server` is the relay's end of the socket that reaches it.
    record RelayedFound(Endpoint address, Endpoint server) implements AllocationEvent {}

    record RelayedGone(Endpoint address) implements AllocationEvent {}

    /// The relay granted an allocation.
    record Allocated() implements AllocationEvent {}
}
