/// WireGuard v1 (Noise_IKpsk2) with Firezone's policy: keys, handshakes, sessions, timers, cookies.
/// Pure: no clock, no socket, no thread, no randomness of its own. Start at [WireGuardTunnel].
package dev.gatehouse.wireguard;
