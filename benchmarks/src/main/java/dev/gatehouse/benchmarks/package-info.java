/// Whole-system benchmarks, each against a peer in the same run, and JMH for hot methods.
package dev.gatehouse.benchmarks;
