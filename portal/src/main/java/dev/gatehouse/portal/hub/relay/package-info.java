/// Where relays are chosen for a peer, and told to it with credentials. May use `channel` and
/// `session`. Begin at `RelayDesk`.
package dev.gatehouse.portal.hub.relay;
