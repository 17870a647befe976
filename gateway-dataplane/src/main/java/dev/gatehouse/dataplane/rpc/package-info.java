/// What the control plane may ask, over gRPC on a Unix socket of its own: each request becomes a
/// command of a shard. Begin at [DataplaneRpc]; [RpcSocket] decides who may connect.
package dev.gatehouse.dataplane.rpc;
