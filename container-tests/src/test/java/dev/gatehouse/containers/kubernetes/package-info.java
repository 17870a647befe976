/// The pods of the rendered manifests, run on the engine for the kubelet of the testkit. Uses
/// `engine`. Begin at [PodIT], then [DemoCluster] (all of them) and [EngineRuntime] (one node).
package dev.gatehouse.containers.kubernetes;
