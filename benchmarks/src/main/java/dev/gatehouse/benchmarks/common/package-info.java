/// What every benchmark shares: its options, and the namespaces it runs in. Knows no benchmark.
/// Begin at [CommonOptions].
package dev.gatehouse.benchmarks.common;
