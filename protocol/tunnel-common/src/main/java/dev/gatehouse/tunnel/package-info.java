/// What clients and gateways agree on inside the tunnel: control packets, patterns of names,
/// ranges of addresses. Pure: no clock, no socket. Begin at [P2pControl].
package dev.gatehouse.tunnel;
