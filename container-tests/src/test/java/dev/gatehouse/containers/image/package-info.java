/// One image by itself: its size, its rights, how it starts and ends, all processes in one,
/// systemd's units. Uses `engine` and `site`. Begin at [ImageIT].
package dev.gatehouse.containers.image;
