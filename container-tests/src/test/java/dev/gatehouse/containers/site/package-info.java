/// A small installation of the images, and tests of it: failures, metrics, alerts, restarts. Uses
/// `engine`. What runs inside the lab's own containers is [WebServer] and [Download]. Begin at
/// [Site].
package dev.gatehouse.containers.site;
