/// What a gateway or client changes in its host's network and takes back at its end: links,
/// routes, rules, the packet filter, kernel settings; and who tells that others changed it. Off
/// the packet threads, but for a route a client. Begin at [GatewayNetwork] and [ClientNetwork].
package dev.gatehouse.transport.host;
