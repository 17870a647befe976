/// The manifests of `k8s/rendered`, read strictly.
package dev.gatehouse.testkit.manifests;
