/// The one entry point of all processes, the gateway's supervisor, and the helpers around them.
package dev.gatehouse.launcher;
