/// What a client may use, and which of its packets the filters of that admit or refuse (tunnel.md
/// 7.3). Pure; uses no other room. Begin at [Grants], which answer with [Access].
package dev.gatehouse.dataplane.gateway.filter;
