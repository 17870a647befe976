/// What clients and gateways agree on inside the tunnel: control packets, names, address ranges.
package dev.gatehouse.tunnel;
