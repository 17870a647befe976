/// Names, away from the packet threads: look-ups for shards, and the DNS server for clients on the
/// gateway's tunnel addresses. Uses no other room. Begin at [NameLookup] and [TunnelDnsServer];
/// clients wait by [Turns].
package dev.gatehouse.dataplane.dns;
