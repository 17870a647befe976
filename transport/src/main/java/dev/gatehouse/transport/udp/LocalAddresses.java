package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.sys.SocketConstants.AF_INET;
import static dev.gatehouse.transport.sys.SocketConstants.AF_INET6;
import static dev.gatehouse.transport.sys.SocketConstants.SOCK_CLOEXEC;
import static dev.gatehouse.transport.sys.SocketConstants.SOCK_DGRAM;

import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;

/// Whether an address is one of the host's: three system calls, whatever the number of links.
public final class LocalAddresses {
    private LocalAddresses() {}

    /// False if nothing can be sent from `address`: the host does not have it, or its link is down.
    /// True if that cannot be told.
    public static boolean has(IpAddress address) {
        int fd = Libc.C.socket(address.isV4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return true;
        }
        var block = NativeMemory.allocate(SocketAddress.V6_LENGTH);
        int length = new SocketAddress(block, 0).write(new Endpoint(address, 0));
        boolean isRefused = Libc.C.bind(fd, NativeMemory.address(block), length) < 0;
        boolean isGone = isRefused && Libc.errno() == Errno.EADDRNOTAVAIL;
        Libc.C.close(fd);
        return !isGone;
    }
}
