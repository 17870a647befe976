/// A kubelet small enough for a test: runs pods as their manifests say, above a [PodRuntime].
///
/// Start with [Pod]: it opens a sandbox and its volumes, starts the containers in order, and hands
/// each to a [PodContainer], which probes, restarts and ends it. [Rollout] is the Deployment above.
package dev.gatehouse.testkit.kubelet;
