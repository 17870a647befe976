/// What a second shard carries.
package dev.gatehouse.benchmarks.shards;
