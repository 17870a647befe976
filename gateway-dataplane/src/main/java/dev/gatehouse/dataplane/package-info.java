/// The data plane process: the shell around connectivity and the gateway's state. Its adapters
/// (gRPC, HTTP, DNS) post commands to the shard and read what it publishes.
package dev.gatehouse.dataplane;
