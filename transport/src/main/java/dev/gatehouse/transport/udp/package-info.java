/// Datagrams in batches, many to a system call, with local address and ECN. Knows nothing of
/// `tun` nor of what a datagram holds. Begin at [UdpSocket].
package dev.gatehouse.transport.udp;
