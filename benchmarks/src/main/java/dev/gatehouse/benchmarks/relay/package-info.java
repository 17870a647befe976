/// The relay against coturn: channel data both ways, counted per second of CPU. Uses `common`
/// alone. Begin at [RelayBench].
package dev.gatehouse.benchmarks.relay;
