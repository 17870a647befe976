package dev.gatehouse.transport.host;

import dev.gatehouse.transport.netlink.InterfaceRequest;
import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.netlink.NetlinkMessage;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.SocketConstants;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;

/// The link of a TUN device and its addresses.
final class TunLink {
    private static final int LINK_LENGTH = 16; // fixed part
    private static final int LINK_FLAGS_OFFSET = 8;
    private static final int ADDRESS_LENGTH = 8; // fixed part
    private static final int IFF_UP = 1;
    private static final int IFLA_MTU = 4;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 2;
    private static final int SCOPE_UNIVERSE = 0;
    private static final int ACKNOWLEDGED = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK;

    private final Netlink netlink;
    private final String name;
    private final int index;

    /// @throws IOException if there is no interface of that name
    TunLink(Netlink netlink, String name) throws IOException {
        this.netlink = netlink;
        this.name = name;
        index = InterfaceRequest.indexOf(name);
    }

    String name() {
        return name;
    }

    int index() {
        return index;
    }

    /// @throws IOException if it was deleted
    boolean isUp() throws IOException {
        return (state().getInt(LINK_FLAGS_OFFSET) & IFF_UP) != 0;
    }

    /// In bytes.
    ///
    /// @throws IOException if it was deleted
    int mtu() throws IOException {
        var mtu = NetlinkMessage.attribute(state(), LINK_LENGTH, IFLA_MTU);
        return mtu == null ? 0 : mtu.getInt(mtu.position());
    }

    private ByteBuffer state() throws IOException {
        var request = new NetlinkMessage(NetlinkMessage.RTM_GETLINK, ACKNOWLEDGED);
        var found = netlink.dump(request.u8(0, 0).u16(0).u32(index).u32(0).u32(0));
        if (found.isEmpty() || found.getFirst().capacity() < LINK_LENGTH) {
            throw new IOException("the device %s was deleted".formatted(name));
        }
        return found.getFirst();
    }

    void up() throws IOException {
        var message = new NetlinkMessage(NetlinkMessage.RTM_NEWLINK, ACKNOWLEDGED);
        int errno = netlink.request(message.u8(0, 0).u16(0).u32(index).u32(IFF_UP).u32(IFF_UP));
        if (errno != 0) {
            throw new ErrnoException("cannot set %s up".formatted(name), errno);
        }
    }

    void setMtu(int mtu) throws IOException {
        var message = new NetlinkMessage(NetlinkMessage.RTM_NEWLINK, ACKNOWLEDGED);
        message.u8(0, 0).u16(0).u32(index).u32(0).u32(0).attribute(IFLA_MTU, mtu);
        int errno = netlink.request(message);
        if (errno != 0) {
            throw new ErrnoException("cannot set the MTU of %s".formatted(name), errno);
        }
    }

    /// Without link-local ones.
    Set<IpAddress> addresses() throws IOException {
        int flags = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP;
        var request = new NetlinkMessage(NetlinkMessage.RTM_GETADDR, flags);
        var found = new TreeSet<IpAddress>();
        for (var message : netlink.dump(request.u8(0, 0, 0, 0).u32(index))) {
            var address = NetlinkMessage.attribute(message, ADDRESS_LENGTH, IFA_ADDRESS);
            if (message.getInt(4) == index && address != null && address.remaining() >= 4) {
                var bytes = new byte[address.remaining()];
                address.get(bytes);
                found.add(IpAddress.ofBytes(bytes));
            }
        }
        found.removeIf(IpAddress::isLinkLocal);
        return found;
    }

    /// Returns 0 or the error number.
    int add(IpAddress address) throws IOException {
        int create = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE;
        return netlink.request(message(NetlinkMessage.RTM_NEWADDR, create, address));
    }

    /// Returns 0 or the error number.
    int remove(IpAddress address) throws IOException {
        return netlink.request(message(NetlinkMessage.RTM_DELADDR, 0, address));
    }

    private NetlinkMessage message(int type, int flags, IpAddress address) {
        int family = SocketConstants.family(address.family());
        return new NetlinkMessage(type, ACKNOWLEDGED | flags)
                .u8(family, address.bits(), IFA_F_NODAD, SCOPE_UNIVERSE)
                .u32(index)
                .attribute(IFA_LOCAL, address)
                .attribute(IFA_ADDRESS, address);
    }
}
