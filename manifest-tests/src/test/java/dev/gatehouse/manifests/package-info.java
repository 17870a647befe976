/// What the manifests of `k8s/` promise: references that resolve, traffic that network policies
/// allow, rights of pods, a rollout one by one. Uses `sources`. Begin at [ReferenceTest].
package dev.gatehouse.manifests;
