/// The client of a relay: an allocation and its lease, channels and permissions, requests and
/// their copies, which relay to prefer. Pure; uses `stun` and `wire`, knows no peer and no ICE.
/// Begin at [Allocation]; a channel is bound in [Channels].
package dev.gatehouse.turn;
