package dev.gatehouse.client;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.List;

/// Knows which DNS servers the system would ask without us.
interface ServerSource {
    List<IpAddress> systemServers() throws IOException;
}
