/// What the gateway knows of its clients, and what it does with each of their packets: control
/// packets, ICMP replies, life and end of a client (tunnel.md 5 to 7, 9). Pure: no clock, no
/// socket, no thread; uses the rooms below it only. Begin at [GatewayState], then [OutboundPath]
/// and [InboundPath]; told of it is [GatewaySnapshot].
package dev.gatehouse.dataplane.gateway;
