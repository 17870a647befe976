/// The STUN and TURN server as a state machine. Pure: no clock, no socket, no thread, no randomness
/// of its own. Start reading at `RelayServer`.
package dev.gatehouse.relay.server;
