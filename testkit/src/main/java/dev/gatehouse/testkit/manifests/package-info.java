/// The rendered overlays of `k8s/` as fabric8's models, loaded strictly: what no model knows is
/// an error. Uses nothing of the testkit. Begin at `Manifests`.
package dev.gatehouse.testkit.manifests;
