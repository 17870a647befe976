package dev.gatehouse.dataplane.gateway.filter;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.PrefixTable;
import java.util.Collection;

/// The addresses of the gateway's host, whichever interface has them. The internet resource does
/// not lead there, though they may be public: what listens on the host would take clients for
/// neighbours behind its firewall. A network or address resource does.
public final class HostAddresses {
    private final PrefixTable<IpAddress> addresses = new PrefixTable<>();

    public void set(Collection<IpAddress> all) {
        addresses.clear();
        all.forEach(address -> addresses.put(IpNetwork.host(address), address));
    }

    /// @param high 0 for IPv4
    boolean contains(boolean v4, long high, long low) {
        return addresses.longestMatch(v4, high, low) != null;
    }
}
