/// The open connections: who each peer is, what it was told, what it sent and whose turn it is. May
/// use `limit`. Begin at `Session`.
package dev.gatehouse.portal.hub.session;
