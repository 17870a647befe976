/// The relay against coturn: channel data both ways, counted per second of CPU.
package dev.gatehouse.benchmarks.relay;
