/// The real images in Docker networks and as pods, through Testcontainers; a folder each for the
/// engine, a small site, single images, the compose files and the manifests of `k8s/`.
package dev.gatehouse.containers;
