/// What the names of resources stand for: the proxy addresses of a client, and which real addresses
/// a name may lead to (tunnel.md 6.4). Pure; uses `limit` and `drop`. Begin at [ProxyTable].
package dev.gatehouse.dataplane.gateway.name;
