/// Where packets to an address go: one table of all prefixes. Uses flows and names. Begin at
/// [RoutingTable].
package dev.gatehouse.client.state.route;
