/// What a relay is told and who may have what of it: its configuration and ceilings, the peers it
/// refuses, and the share of one source in what all share. Knows no allocation.
package dev.gatehouse.relay.server.policy;
