/// What the data plane needs to know of its host, and how it is kept as it should be. Nothing here
/// runs on a packet thread.
package dev.gatehouse.dataplane.host;
