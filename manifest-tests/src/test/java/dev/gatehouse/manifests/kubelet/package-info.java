/// A kubelet small enough for a test: runs pods as manifests describe them, without an engine.
package dev.gatehouse.manifests.kubelet;
