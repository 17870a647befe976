/// Requests to the kernel about links, addresses, routes and rules, and their answers. Used by
/// `host` and `tun` alone. Begin at [Netlink].
package dev.gatehouse.transport.netlink;
