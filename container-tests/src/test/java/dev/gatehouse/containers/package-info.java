/// The real images in Docker networks, through Testcontainers.
///
/// [Engine] finds the engine and builds the images, [Site] is a small installation of them, [Box]
/// one container. [EngineRuntime] runs the pods of the rendered manifests for the kubelet of the
/// test kit, [DemoCluster] is all of them. What runs inside the lab's own containers is
/// [WebServer], [Download] and [NodeAgent].
package dev.gatehouse.containers;
