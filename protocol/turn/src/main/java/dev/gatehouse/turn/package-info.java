/// The client of a relay: an allocation and its lease, channels and permissions, requests and
/// their copies, which relay to prefer. Pure; uses `stun` and `wire`, knows no peer and no ICE.
/// Begin at [Allocation], which also binds channels; they are kept in [Channels].
package dev.gatehouse.turn;
