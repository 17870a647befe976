/// Addresses and networks, batches of packets, views of their headers, tables and pacers: what all
/// else is written in. Pure: no clock, no socket, no thread; uses nothing.
/// Begin at [PacketBatch] and [IpPacket].
package dev.gatehouse.wire;
