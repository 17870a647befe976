/// Whole-system benchmarks, each against a peer in the same run, and JMH for hot methods. This
/// package starts them, the others are one benchmark each. Begin at [Bench].
package dev.gatehouse.benchmarks;
