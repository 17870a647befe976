/// One thread that owns its descriptors: the shard with its commands and timers, the poller.
/// Knows neither sockets nor devices. Begin at [Shard] and [Agent].
package dev.gatehouse.transport.loop;
