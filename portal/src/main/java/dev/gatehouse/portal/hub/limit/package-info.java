/// What one peer may make the portal do: units of work, requests for flows, and how often each
/// limit was met. Uses no other room of the hub. Begin at `Quota`, sizes are told in `Limit`.
package dev.gatehouse.portal.hub.limit;
