/// DNS queries on sockets: to the servers of the host's network past the tunnel, and over TCP
/// to and from both sides. Decides nothing: whom to ask and what to answer is told by `state`.
/// Knows neither the loop nor the host's own resolver. Begin at [HostDns] and [TcpDns].
package dev.gatehouse.client.dns;
