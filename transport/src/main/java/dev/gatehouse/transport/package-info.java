/// The IO shell: TUN device, UDP sockets, poller, shard thread, host network. Linux only.
package dev.gatehouse.transport;
