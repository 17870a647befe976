/// What the gateway knows of its clients, and what it does with each of their packets: filters, DNS
/// resource NAT, control packets, ICMP replies, life and end of a client (tunnel.md 5 to 7, 9).
/// Pure: no clock, no socket, no thread. Start reading at [GatewayState].
package dev.gatehouse.dataplane.gateway;
