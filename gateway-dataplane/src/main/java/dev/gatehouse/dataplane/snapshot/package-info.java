/// The state of the data plane in the words of the contract: encoded and decoded, cut into
/// messages, divided by shards, compared. No thread, no descriptor; uses `gateway` only. Begin at
/// [GatewayCodec], [NodeCodec] and [ShardSnapshots].
package dev.gatehouse.dataplane.snapshot;
