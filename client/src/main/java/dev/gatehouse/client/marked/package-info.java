/// Sockets with the firewall mark by which packets pass by the tunnel, and the portal's
/// connection and name by such sockets. Uses no other room. Begin at [MarkedNetwork].
package dev.gatehouse.client.marked;
