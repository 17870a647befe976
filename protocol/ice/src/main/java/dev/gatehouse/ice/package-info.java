/// ICE, one agent per peer: candidates, pairs, checks, nomination (tunnel.md section 2).
///
/// Pure: no clock, no socket, no thread, randomness from the caller.
package dev.gatehouse.ice;
