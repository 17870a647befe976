/// Why packets are dropped, and how many. Pure; uses no other room. Begin at [DropReason]: each is
/// counted where it is found.
package dev.gatehouse.dataplane.gateway.drop;
