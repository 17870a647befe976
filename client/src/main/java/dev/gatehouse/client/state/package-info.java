/// What a client knows and decides: resources, names, flows, gateways (client.md).
///
/// Pure: no clock, no socket, no thread; uses nothing of the process around it. Start at
/// [ClientState], which wires the rooms below it.
package dev.gatehouse.client.state;
