/// Many peers behind one node: an ICE agent and a WireGuard tunnel for each, relays beneath,
/// datagrams sorted to them. Pure: no clock, no socket, no thread. Begin at [Node], then
/// [Inbound] (life of a datagram) and [Connection] (one peer).
package dev.gatehouse.connectivity;
