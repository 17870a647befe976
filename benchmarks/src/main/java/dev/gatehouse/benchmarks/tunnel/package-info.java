/// One topology, several tunnels through it in turn: throughput, loss, delay, and what a start
/// and idle clients cost. Uses `common` alone. Begin at [TunnelBench].
package dev.gatehouse.benchmarks.tunnel;
