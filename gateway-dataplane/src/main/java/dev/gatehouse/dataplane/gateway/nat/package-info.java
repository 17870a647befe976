/// Translations of flows between proxy addresses and real ones, and what of them a successor is
/// told (tunnel.md 6.5). Pure; uses `limit` only. Begin at [NatTable]; packets are rewritten in
/// [Translation], changes wait in [NatJournal].
package dev.gatehouse.dataplane.gateway.nat;
