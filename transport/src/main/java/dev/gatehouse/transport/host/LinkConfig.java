package dev.gatehouse.transport.host;

import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_ACK;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_CREATE;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_DUMP;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_REPLACE;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_REQUEST;

import dev.gatehouse.transport.netlink.InterfaceRequest;
import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.netlink.NetlinkMessage;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.SocketConstants;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// State and addresses of one interface (tunnel.md 8.1). A family that the host lacks is tolerated;
/// both missing is an error. Not thread-safe.
public final class LinkConfig implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkConfig.class);
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_F_NODAD = 2;
    private static final int ADDRESS_LENGTH = 8; // fixed part
    private static final int IFF_UP = 1;
    private static final long SIOCGIFINDEX = 0x8933;

    private final String name;
    private final int index;
    private final Netlink netlink;

    /// @throws IOException if there is no interface of that name
    public LinkConfig(String name) throws IOException {
        this.name = name;
        index = new InterfaceRequest(name).onSocket(SIOCGIFINDEX, "interface " + name).number();
        netlink = new Netlink(0, false);
    }

    /// Sets the link up; needed before routes lead to it.
    public void linkUp() throws IOException {
        var message = new NetlinkMessage(NetlinkMessage.RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
        message.u8(0, 0).u16(0).u32(index).u32(IFF_UP).u32(IFF_UP);
        require(netlink.request(message), "set link up");
    }

    /// Gives the interface exactly these addresses, each a host network.
    public void setAddresses(Collection<IpAddress> wanted) throws IOException {
        var present = addresses();
        for (var address : present) {
            if (!wanted.contains(address)) {
                removeAddress(address);
            }
        }
        var add = new Attempts("address");
        for (var address : wanted) {
            add.note(address, present.contains(address) ? 0 : addAddress(address));
        }
        add.finish();
    }

    /// The addresses that the interface has, without link-local ones.
    public Collection<IpAddress> addresses() throws IOException {
        var found = new TreeSet<IpAddress>();
        var request =
                new NetlinkMessage(NetlinkMessage.RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP)
                        .u8(0, 0, 0, 0)
                        .u32(0);
        for (var message : netlink.dump(request)) {
            var address = attribute(message, ADDRESS_LENGTH, IFA_ADDRESS);
            if (message.getInt(4) == index && address != null && address.remaining() >= 4) {
                var bytes = new byte[address.remaining()];
                address.get(bytes);
                found.add(IpAddress.ofBytes(bytes));
            }
        }
        found.removeIf(IpAddress::isLinkLocal);
        return found;
    }

    private int addAddress(IpAddress address) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        return netlink.request(addressMessage(NetlinkMessage.RTM_NEWADDR, flags, address));
    }

    private void removeAddress(IpAddress address) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK;
        int errno = netlink.request(addressMessage(NetlinkMessage.RTM_DELADDR, flags, address));
        if (errno != 0 && errno != Errno.EADDRNOTAVAIL) {
            LOG.warn("cannot remove an old address of {}: {}", name, Libc.C.strerror(errno));
        }
    }

    private NetlinkMessage addressMessage(int type, int flags, IpAddress address) {
        return new NetlinkMessage(type, flags)
                .u8(family(address), address.bits(), IFA_F_NODAD, RT_SCOPE_UNIVERSE)
                .u32(index)
                .attribute(IFA_LOCAL, address)
                .attribute(IFA_ADDRESS, address);
    }

    private static int family(IpAddress address) {
        return address.isV4() ? SocketConstants.AF_INET : SocketConstants.AF_INET6;
    }

    /// The value of an attribute, or null.
    private static ByteBuffer attribute(ByteBuffer message, int fixedLength, int type) {
        int at = fixedLength;
        while (at + NetlinkMessage.ATTRIBUTE_HEADER_LENGTH <= message.capacity()) {
            int length = Short.toUnsignedInt(message.getShort(at));
            if (length < NetlinkMessage.ATTRIBUTE_HEADER_LENGTH) {
                return null;
            }
            if (message.getShort(at + 2) == type) {
                int from = at + NetlinkMessage.ATTRIBUTE_HEADER_LENGTH;
                return message.duplicate().order(message.order()).limit(at + length).position(from);
            }
            at += length + 3 & -4;
        }
        return null;
    }

    private void require(int errno, String what) throws IOException {
        if (errno != 0) {
            throw new ErrnoException(what + " of " + name, errno);
        }
    }

    @Override
    public void close() {
        netlink.close();
    }

    /// Collects what became of one item per family: only failure of all is an error.
    private final class Attempts {
        private final String what;
        private boolean anyDone;
        private int firstErrno;

        Attempts(String what) {
            this.what = what;
        }

        void note(IpAddress address, int errno) {
            if (errno == 0) {
                anyDone = true;
                return;
            }
            firstErrno = firstErrno == 0 ? errno : firstErrno;
            String reason = Libc.C.strerror(errno);
            LOG.warn("{}: cannot set an {} {}: {}", name, address.family(), what, reason);
        }

        void finish() throws IOException {
            if (!anyDone) {
                require(firstErrno, "cannot set any " + what);
            }
        }
    }
}
