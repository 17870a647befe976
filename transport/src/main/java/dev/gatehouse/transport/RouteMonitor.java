package dev.gatehouse.transport;

import java.io.IOException;

/// Tells that a link, an address or a route of the host has changed; not which.
public final class RouteMonitor implements AutoCloseable {
    private static final int GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400; // link, address, route

    private final Netlink netlink = new Netlink(GROUPS, true);

    public RouteMonitor() throws IOException {}

    /// For a [Poller].
    public int fd() {
        return netlink.fd();
    }

    /// Returns true if anything changed since the last call; never waits.
    public boolean hasChanged() throws IOException {
        return netlink.drain();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
