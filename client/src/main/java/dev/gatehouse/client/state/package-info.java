/// What a client knows and decides: resources, names, proxy addresses, flows, gateways (client.md).
///
/// Pure: no clock, no socket, no thread. Start at [ClientState].
package dev.gatehouse.client.state;
