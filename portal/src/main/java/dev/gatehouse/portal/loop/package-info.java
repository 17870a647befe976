/// The one thread that runs the hub: calls in, actions out to WebSockets, store, log and
/// metrics. May use the hub and the store. Begin at `HubLoop`.
package dev.gatehouse.portal.loop;
