/// One tunnel: its sessions and timers, data packets opened and sealed in batches, with
/// Firezone's policy. Pure: no clock, no socket, no thread, no randomness of its own; uses all
/// rooms below it. Begin at [WireGuardTunnel].
package dev.gatehouse.wireguard;
