/// One thread that alone touches state, tunnels and sockets: reads, lets `state` decide, and
/// carries out what that asks for. Others post a [LoopCommand]. May use the rooms that do the
/// work, never `portal`, which it knows as a [PortalLink]. Begin at [ClientAgent].
package dev.gatehouse.client.loop;
