package dev.gatehouse.client.state.boundary;

import dev.gatehouse.wire.IpAddress;
import java.util.function.Consumer;

/// A query that came over TCP (client.md 14).
///
/// @param sentinel that was asked
/// @param answer called by the loop, once at the most; must not block
public record TcpDnsQuery(IpAddress sentinel, DnsPayload query, Consumer<DnsPayload> answer) {}
