package dev.gatehouse.transport;

import static dev.gatehouse.transport.NetlinkMessage.NLM_F_ACK;
import static dev.gatehouse.transport.NetlinkMessage.NLM_F_CREATE;
import static dev.gatehouse.transport.NetlinkMessage.NLM_F_DUMP;
import static dev.gatehouse.transport.NetlinkMessage.NLM_F_EXCL;
import static dev.gatehouse.transport.NetlinkMessage.NLM_F_REPLACE;
import static dev.gatehouse.transport.NetlinkMessage.NLM_F_REQUEST;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Addresses and routes of the tunnel's interface, in a routing table of its own (tunnel.md 8.1,
/// client.md 24).
///
/// Everything here belongs to the interface and goes with it, but the policy rule and the
/// unreachable routes. A family that the host lacks is tolerated; both missing is an error. Not
/// thread-safe.
public final class NetworkConfig implements AutoCloseable {
    /// The routing table of the tunnel.
    public static final int TABLE = 0x2021FD00;

    /// Metric of routes that hold while the interface is away.
    public static final int UNREACHABLE_METRIC = 0x7FFF_FFFF;

    private static final Logger LOG = LoggerFactory.getLogger(NetworkConfig.class);
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_KERNEL = 2;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RTN_UNICAST = 1;
    private static final int RTN_UNREACHABLE = 7;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_TABLE = 15;
    private static final int ROUTE_LENGTH = 12; // fixed part
    private static final int IFA_LOCAL = 2;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_F_NODAD = 2;
    private static final int ADDRESS_LENGTH = 8; // fixed part
    private static final int FR_ACT_TO_TBL = 1;
    private static final int FIB_RULE_INVERT = 2;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int FRA_PROTOCOL = 21;
    private static final int IFF_UP = 1;
    private static final long SIOCGIFINDEX = 0x8933;

    private final String name;
    private final int index;
    private final Netlink netlink;
    private final TreeSet<IpNetwork> routes = new TreeSet<>();
    private final TreeSet<LinkRoute> mirrored = new TreeSet<>();

    private record LinkRoute(IpNetwork network, int index) implements Comparable<LinkRoute> {
        @Override
        public int compareTo(LinkRoute other) {
            int byNetwork = network.compareTo(other.network);
            return byNetwork != 0 ? byNetwork : Integer.compare(index, other.index);
        }
    }

    /// @throws IOException if there is no interface of that name
    public NetworkConfig(String name) throws IOException {
        this.name = name;
        index = new InterfaceRequest(name).onSocket(SIOCGIFINDEX, "interface " + name).number();
        netlink = new Netlink(0, false);
    }

    /// Of the interface.
    public String name() {
        return name;
    }

    /// Sets the link up; needed before routes.
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

    /// Makes the interface's routes in [#TABLE] exactly these: adds new ones, removes old ones.
    public void setRoutes(Collection<IpNetwork> wanted) throws IOException {
        var add = new Attempts("route");
        for (var network : wanted) {
            int errno = routes.contains(network) ? 0 : addRoute(network, index, RT_SCOPE_UNIVERSE);
            add.note(network.address(), errno);
            if (errno == 0) {
                routes.add(network);
            }
        }
        for (var network : List.copyOf(routes)) {
            if (!wanted.contains(network)) {
                removeRoute(network, index, RT_SCOPE_UNIVERSE);
                routes.remove(network);
            }
        }
        add.finish();
    }

    /// Leads one address to the interface, in [#TABLE], away from another one that it led to.
    public void addHostRoute(IpAddress address) throws IOException {
        int errno = addRoute(IpNetwork.host(address), index, RT_SCOPE_UNIVERSE);
        require(errno, "cannot set an %s route".formatted(address.family()));
    }

    /// Undoes [#addHostRoute]; nothing happens if the address leads elsewhere.
    public void removeHostRoute(IpAddress address) throws IOException {
        removeRoute(IpNetwork.host(address), index, RT_SCOPE_UNIVERSE);
    }

    /// Copies the main table's link-scope routes into [#TABLE], so that the local network is
    /// reached directly; called again, it follows what changed.
    public void mirrorLinkScopeRoutes() throws IOException {
        var wanted = linkScopeRoutes();
        for (var route : wanted) {
            if (!mirrored.contains(route)
                    && addRoute(route.network, route.index, RT_SCOPE_LINK) == 0) {
                mirrored.add(route);
            }
        }
        for (var route : List.copyOf(mirrored)) {
            if (!wanted.contains(route)) {
                removeRoute(route.network, route.index, RT_SCOPE_LINK);
                mirrored.remove(route);
            }
        }
    }

    private TreeSet<LinkRoute> linkScopeRoutes() throws IOException {
        var found = new TreeSet<LinkRoute>();
        var request =
                new NetlinkMessage(NetlinkMessage.RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP)
                        .u8(SocketConstants.AF_INET, 0, 0, 0, 0, 0, 0, 0)
                        .u32(0);
        for (var message : netlink.dump(request)) {
            boolean main = Byte.toUnsignedInt(message.get(4)) == RT_TABLE_MAIN;
            boolean link = Byte.toUnsignedInt(message.get(6)) == RT_SCOPE_LINK;
            var destination = attribute(message, ROUTE_LENGTH, RTA_DST);
            var device = attribute(message, ROUTE_LENGTH, RTA_OIF);
            if (!main || !link || destination == null || device == null) {
                continue;
            }
            var bytes = new byte[destination.remaining()];
            destination.get(bytes);
            var network = IpNetwork.of(IpAddress.ofBytes(bytes), message.get(1));
            found.add(new LinkRoute(network, device.getInt(device.position())));
        }
        found.removeIf(route -> route.index == index);
        return found;
    }

    private int addRoute(IpNetwork network, int device, int scope) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        return netlink.request(
                routeMessage(NetlinkMessage.RTM_NEWROUTE, flags, network, scope, RTN_UNICAST)
                        .attribute(RTA_OIF, device));
    }

    private void removeRoute(IpNetwork network, int device, int scope) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK;
        int errno =
                netlink.request(
                        routeMessage(
                                        NetlinkMessage.RTM_DELROUTE,
                                        flags,
                                        network,
                                        scope,
                                        RTN_UNICAST)
                                .attribute(RTA_OIF, device));
        if (errno != 0 && errno != Errno.ESRCH && errno != Errno.ENODEV) {
            LOG.warn("cannot remove a route: {}", Libc.C.strerror(errno));
        }
    }

    private static NetlinkMessage routeMessage(
            int type, int flags, IpNetwork network, int scope, int kind) {
        var address = network.address();
        return new NetlinkMessage(type, flags)
                .u8(family(address), network.prefixLength(), 0, 0, 0, RTPROT_STATIC, scope, kind)
                .u32(0)
                .attribute(RTA_TABLE, TABLE)
                .attribute(RTA_DST, address);
    }

    /// Adds the policy rules that send every packet without [UdpConfig#TUNNEL_MARK] to [#TABLE].
    /// They stay for ever; rules that are there already are fine.
    public void addRules() throws IOException {
        var add = new Attempts("rule");
        for (var any : List.of(Endpoint.ANY_V4.address(), Endpoint.ANY_V6.address())) {
            int errno = netlink.request(ruleMessage(any));
            add.note(any, errno == Errno.EEXIST ? 0 : errno);
        }
        add.finish();
    }

    private static NetlinkMessage ruleMessage(IpAddress any) {
        int flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        var message =
                new NetlinkMessage(NetlinkMessage.RTM_NEWRULE, flags)
                        .u8(family(any), 0, 0, 0, 0, 0, 0, FR_ACT_TO_TBL)
                        .u32(FIB_RULE_INVERT)
                        .attribute(FRA_TABLE, TABLE)
                        .attribute(FRA_FWMARK, UdpConfig.TUNNEL_MARK)
                        .attribute(FRA_FWMASK, -1);
        // FRA_PROTOCOL is a single byte, padded to the next attribute
        return message.u16(5).u16(FRA_PROTOCOL).u8(RTPROT_KERNEL, 0, 0, 0);
    }

    /// Makes `networks` unreachable while no interface routes them, so that their packets leave by
    /// no other way. Needs no interface: the routes outlive it, and the process.
    public static void addUnreachable(Collection<IpNetwork> networks) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        try (var netlink = new Netlink(0, false)) {
            for (var network : networks) {
                var message = unreachable(NetlinkMessage.RTM_NEWROUTE, flags, network);
                int errno = netlink.request(message);
                if (errno != 0) {
                    LOG.debug("no unreachable route: {}", Libc.C.strerror(errno));
                }
            }
        }
    }

    public static void removeUnreachable(Collection<IpNetwork> networks) throws IOException {
        try (var netlink = new Netlink(0, false)) {
            for (var network : networks) {
                netlink.request(
                        unreachable(
                                NetlinkMessage.RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, network));
            }
        }
    }

    private static NetlinkMessage unreachable(int type, int flags, IpNetwork network) {
        return routeMessage(type, flags, network, RT_SCOPE_UNIVERSE, RTN_UNREACHABLE)
                .attribute(RTA_PRIORITY, UNREACHABLE_METRIC);
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
