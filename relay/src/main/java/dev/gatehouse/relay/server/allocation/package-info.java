/// The tables: allocations with their channels, when each ends, and the queue of actions that
/// answers and changes leave for the caller. Who asks for them is answered in `request`.
package dev.gatehouse.relay.server.allocation;
