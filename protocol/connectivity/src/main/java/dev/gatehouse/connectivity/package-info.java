/// Many peers behind one [Node]: ICE agents, TURN allocations and WireGuard tunnels, sans-IO.
package dev.gatehouse.connectivity;
