/// `./run bench tunnel`: one topology, several tunnels through it in turn.
package dev.gatehouse.benchmarks.tunnel;
