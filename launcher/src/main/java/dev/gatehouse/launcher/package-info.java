/// The one entry point of all processes, the gateway's supervisor, and the helpers around them:
/// doctor, health, logging, help. Begin at [Gatehouse], then [Supervisor].
package dev.gatehouse.launcher;
