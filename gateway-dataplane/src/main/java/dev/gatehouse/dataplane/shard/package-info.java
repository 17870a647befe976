/// One packet thread with its descriptors, and how several share the work: which client and which
/// relay is whose, and where the host leads packets. Uses `gateway` for what is decided, `handover`
/// and `snapshot` for what is told. Begin at [GatewayShard], then [Session] and [PacketPath];
/// [Shards] and [ShardRouter] for several.
package dev.gatehouse.dataplane.shard;
