/// Relays channel data between clients and peers, in runs, without allocating memory per packet.
/// Asks the tables and the policy only. Start reading at `DataPath`.
package dev.gatehouse.relay.server.data;
