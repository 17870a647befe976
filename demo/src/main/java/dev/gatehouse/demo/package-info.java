/// The main job on real packets: a small internet of network namespaces, the real processes, and
/// the steps that show and check what they do. The benchmarks and system tests use the same lab.
package dev.gatehouse.demo;
