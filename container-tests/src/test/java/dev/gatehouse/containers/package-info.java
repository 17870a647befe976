/// The real images in Docker networks, through Testcontainers.
///
/// [Engine] finds the engine and builds the images, [Site] is a small installation of them, [Box]
/// one container. What runs inside the lab's own containers is [WebServer] and [Download].
package dev.gatehouse.containers;
