/// What a successor is given, as it changes: each shard reports what differs from what was told,
/// and a feed passes it on to whoever follows, with what else happens. Knows no shard. Begin at
/// [ShardState] (what changed) and [EventReporter], then [EventFeed] and [ToldState] (what was
/// told).
package dev.gatehouse.dataplane.handover;
