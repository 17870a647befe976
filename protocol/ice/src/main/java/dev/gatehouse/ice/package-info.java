/// ICE, one agent per peer: candidates, pairs, checks, nomination (tunnel.md section 2).
/// Pure: no clock, no socket, no thread, randomness from the caller. Uses `stun` and `wire`.
/// Begin at [IceAgent]; [CandidatePair] knows when to check, [Nomination] which pair is the path.
package dev.gatehouse.ice;
