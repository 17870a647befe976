/// What a second shard carries: one gateway, many clients in this process, sinks behind it. Uses
/// `common` alone. Begin at [ShardBench].
package dev.gatehouse.benchmarks.shards;
