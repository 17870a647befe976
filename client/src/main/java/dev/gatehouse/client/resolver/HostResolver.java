package dev.gatehouse.client.resolver;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.List;

/// How the host's resolver is told whom to ask, client.md 25. Each call may take seconds: a
/// [DnsKeeper] makes them, on a thread of its own.
interface HostResolver {
    /// How things stand.
    ///
    /// @param servers those that the system would ask without us
    /// @param isKept whether what was set last is still in force
    /// @param text what was found: equal as long as nobody changes anything
    record Observation(List<IpAddress> servers, boolean isKept, String text) {
        public Observation {
            servers = List.copyOf(servers);
        }
    }

    /// What a person knows it by.
    String name();

    /// @throws IOException if the host does not let us
    void set(DnsWish wish) throws IOException;

    Observation observe() throws IOException;

    /// Names may mean other addresses than before.
    void flushCaches() throws IOException;

    /// Leaves the host as it was found.
    void revert() throws IOException;

    /// How often to look whether others have changed it, milliseconds.
    long observeEveryMs();
}
