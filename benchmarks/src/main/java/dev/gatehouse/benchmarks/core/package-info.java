/// Benchmarks of the state machines in this very process, without sockets: handshakes, and peers
/// by their number. Begin at [PeersBench].
package dev.gatehouse.benchmarks.core;
