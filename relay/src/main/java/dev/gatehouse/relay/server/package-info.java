/// The STUN and TURN server as a state machine: sorts datagrams and the time to its rooms. Pure,
/// with all below it: no clock, no socket, no thread, no randomness of its own. Start at
/// `RelayServer`.
package dev.gatehouse.relay.server;
