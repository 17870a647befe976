package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.Transmit;

/// Everything the sans-IO `RelayServer` may ask its shell to do.
public sealed interface RelayAction {
    /// Sends datagrams from the socket whose port is that of the local endpoint and whose family is
    /// that of the remote one. Reused: valid until the server handles its next input.
    record Send(Transmit datagrams) implements RelayAction {}

    /// Opens the wildcard socket of an allocation.
    record OpenPort(int port, Family family) implements RelayAction {}

    record ClosePort(int port, Family family) implements RelayAction {}
}
