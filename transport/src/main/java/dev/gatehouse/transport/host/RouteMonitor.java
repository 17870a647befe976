package dev.gatehouse.transport.host;

import dev.gatehouse.transport.netlink.Netlink;
import java.io.IOException;

/// Tells that a link, an address, a route or a rule of the host has changed; not which.
public final class RouteMonitor implements AutoCloseable {
    private static final int LINKS = 0x1;
    private static final int ADDRESSES = 0x10 | 0x100; // IPv4, IPv6, likewise below
    private static final int ROUTES = 0x40 | 0x400;
    private static final int RULES = 0x80 | 0x40000;
    private static final int GROUPS = LINKS | ADDRESSES | ROUTES | RULES;

    private final Netlink netlink = new Netlink(GROUPS, true);

    public RouteMonitor() throws IOException {}

    /// For a `Poller`.
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
