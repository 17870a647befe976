/// Packets of a TUN device: super-packets cut into segments, segments joined into super-packets.
/// Knows nothing of `udp`. Begin at [TunDevice] (makes one) and [LinuxTun] (reads and writes it).
package dev.gatehouse.transport.tun;
