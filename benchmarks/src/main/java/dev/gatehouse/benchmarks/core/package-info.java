/// Benchmarks of the state machines in this very process, without sockets.
package dev.gatehouse.benchmarks.core;
