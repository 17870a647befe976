/// Names and servers behind invented addresses: the ranges inside tunnels, which address stands
/// for what, and what a gateway knows of a name. Uses values only. Begin at [ProxyAddresses].
package dev.gatehouse.client.state.name;
