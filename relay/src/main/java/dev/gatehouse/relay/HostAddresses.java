package dev.gatehouse.relay;

import dev.gatehouse.wire.IpAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The addresses of this host's interfaces.
final class HostAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(HostAddresses.class);

    private HostAddresses() {}

    /// Empty if the system does not tell: private ones are forbidden to peers all the same.
    static Set<IpAddress> all() {
        var all = new TreeSet<IpAddress>();
        try {
            NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .forEach(address -> all.add(IpAddress.ofBytes(address.getAddress())));
        } catch (SocketException e) {
            LOG.debug("the interfaces cannot be read", e);
        }
        return all;
    }
}
