/// The tunnel's part of the host's network: the TUN device, addresses, routes and rules, made
/// and kept. The host's resolver is told by way of `resolver`, which knows nothing of this.
/// Begin at [HostNetwork].
package dev.gatehouse.client.host;
