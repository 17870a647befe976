package dev.gatehouse.transport.host;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.netlink.Netlink;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells that a rule, chain or table of the host's packet filter (nftables) has changed; not which.
/// Needs CAP_NET_ADMIN and a kernel with nftables; without them it says so and tells nothing.
public final class FilterMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilterMonitor.class);
    private static final int NFNLGRP_NFTABLES = 1 << 6; // group 7

    private final Optional<Netlink> netlink = open();

    private static Optional<Netlink> open() {
        try {
            return Optional.of(new Netlink(Netlink.NETLINK_NETFILTER, NFNLGRP_NFTABLES, true));
        } catch (IOException e) {
            LOG.debug("changes of the packet filter are not told: {}", e.getMessage());
            return Optional.empty();
        }
    }

    public boolean isWorking() {
        return netlink.isPresent();
    }

    /// Has `poller` wake up when something changes.
    public void addTo(Poller poller) throws IOException {
        if (netlink.isPresent()) {
            poller.add(netlink.get().fd());
        }
    }

    /// Returns true if anything changed since the last call; never waits.
    public boolean hasChanged() throws IOException {
        return netlink.isPresent() && netlink.get().drain();
    }

    @Override
    public void close() {
        netlink.ifPresent(Netlink::close);
    }
}
