/// How much one client, and all together, may have of memory and look-ups. Pure; uses no other
/// room. Begin at [GatewayLimits]; [SharedLimit] keeps for others what a greedy client would take.
package dev.gatehouse.dataplane.gateway.limit;
