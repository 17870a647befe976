package dev.gatehouse.transport.host;

import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_ACK;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_CREATE;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_EXCL;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_REPLACE;
import static dev.gatehouse.transport.netlink.NetlinkMessage.NLM_F_REQUEST;

import dev.gatehouse.transport.netlink.InterfaceRequest;
import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.netlink.NetlinkMessage;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.SocketConstants;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a gateway's tunnel needs of the host's network: links that are up, their addresses, routes
/// in a table of its own, and the rules that lead there (tunnel.md 8.1).
///
/// The table and the rules are not those of a client, so that one may run beside the gateway: the
/// gateway's rule comes before a client's, and packets that come out of the gateway's tunnel jump
/// over the client's rules, since they are on their way to a resource and must not enter another
/// tunnel. Rules have fixed priorities: however often a gateway is started, there is one of each.
///
/// [#ensure] puts back what is missing and says what was; nothing is read but the answer of the
/// kernel. Not thread-safe.
public final class GatewayNetwork implements AutoCloseable {
    /// The routing table of a gateway.
    public static final int TABLE = 0x2021FD10;

    /// Of the rule that leads every packet without [UdpConfig#TUNNEL_MARK] to [#TABLE].
    public static final int RULE_PRIORITY = 90;

    /// Of the rules that lead what comes out of the tunnel past the rules of a client.
    public static final int PAST_CLIENT_PRIORITY = 95;

    /// Where those rules lead to: behind the rules of a client, which end at 300.
    public static final int AFTER_CLIENT_PRIORITY = 400;

    /// What can be missing.
    public enum Part {
        /// Changed rather than missing. Below 1280 bytes IPv6 goes along.
        MTU,
        LINK,
        ADDRESS,
        ROUTE,
        RULE
    }

    private static final Logger LOG = LoggerFactory.getLogger(GatewayNetwork.class);
    private static final int UNREACHABLE_METRIC = 0x7FFF_FFFF;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RTN_UNICAST = 1;
    private static final int RTN_UNREACHABLE = 7;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_TABLE = 15;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_F_NODAD = 2;
    private static final int RTM_DELRULE = 33;
    private static final int FR_ACT_TO_TBL = 1;
    private static final int FR_ACT_GOTO = 2;
    private static final int FR_ACT_NOP = 3;
    private static final int FIB_RULE_INVERT = 2;
    private static final int FRA_IIFNAME = 3;
    private static final int FRA_GOTO = 4;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int IFF_UP = 1;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;
    private static final int ADD = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    private static final int REMOVE = NLM_F_REQUEST | NLM_F_ACK;
    private static final int RULES_OF_ONE_KIND_MAX = 64;
    private static final List<IpAddress> FAMILIES =
            List.of(Endpoint.ANY_V4.address(), Endpoint.ANY_V6.address());

    private final Netlink netlink = new Netlink(0, false);

    public GatewayNetwork() throws IOException {}

    /// Gives the link its MTU, sets it up and gives it the addresses, where it has not or is not.
    ///
    /// @param mtu in bytes
    /// @return what was missing
    /// @throws IOException if there is no such device
    public Set<Part> ensureLink(String device, int mtu, Collection<IpAddress> addresses)
            throws IOException {
        var missing = EnumSet.noneOf(Part.class);
        int index = InterfaceRequest.indexOf(device);
        if (mtu(device) != mtu) { // first: below 1280 the kernel takes no address of IPv6
            new InterfaceRequest(device).number(mtu).onSocket(SIOCSIFMTU, "set MTU of " + device);
            missing.add(Part.MTU);
        }
        if (!isUp(device)) {
            linkUp(index);
            missing.add(Part.LINK);
        }
        for (var address : addresses) {
            if (added(addressMessage(index, address), "address")) {
                missing.add(Part.ADDRESS);
            }
        }
        return missing;
    }

    /// Leads the networks to the device, and makes them unreachable while it is away.
    public Set<Part> ensureRoutes(String device, Collection<IpNetwork> networks)
            throws IOException {
        var missing = EnumSet.noneOf(Part.class);
        int index = InterfaceRequest.indexOf(device);
        for (var network : networks) {
            boolean route = added(route(ADD, network).attribute(RTA_OIF, index), "route");
            if (added(unreachable(NetlinkMessage.RTM_NEWROUTE, ADD, network), "route") || route) {
                missing.add(Part.ROUTE);
            }
        }
        return missing;
    }

    /// @param devices all of the tunnel; they need not exist
    public Set<Part> ensureRules(Collection<String> devices) throws IOException {
        var missing = EnumSet.noneOf(Part.class);
        for (var family : FAMILIES) {
            boolean any = added(lookUpRule(NetlinkMessage.RTM_NEWRULE, ADD, family), "rule");
            any |= added(landingRule(NetlinkMessage.RTM_NEWRULE, ADD, family), "rule");
            for (var device : devices) {
                any |= added(pastRule(NetlinkMessage.RTM_NEWRULE, ADD, family, device), "rule");
            }
            if (any) {
                missing.add(Part.RULE);
            }
        }
        return missing;
    }

    /// Leads one address to the device, away from another one that it led to.
    public void addHostRoute(String device, IpAddress address) throws IOException {
        int flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        var message =
                route(flags, IpNetwork.host(address))
                        .attribute(RTA_OIF, InterfaceRequest.indexOf(device));
        int errno = netlink.request(message);
        if (errno != 0) {
            throw new ErrnoException(
                    "cannot set an %s route to %s".formatted(address.family(), device), errno);
        }
    }

    /// Puts the host route back if it is missing. Returns true if it was.
    public boolean ensureHostRoute(String device, IpAddress address) throws IOException {
        var message =
                route(ADD, IpNetwork.host(address))
                        .attribute(RTA_OIF, InterfaceRequest.indexOf(device));
        return added(message, "route");
    }

    /// Undoes [#addHostRoute]; nothing happens if the address leads elsewhere.
    public void removeHostRoute(String device, IpAddress address) throws IOException {
        var message =
                routeMessage(
                                NetlinkMessage.RTM_DELROUTE,
                                REMOVE,
                                IpNetwork.host(address),
                                RTN_UNICAST)
                        .attribute(RTA_OIF, InterfaceRequest.indexOf(device));
        int errno = netlink.request(message);
        if (errno != 0 && errno != Errno.ESRCH && errno != Errno.ENODEV) {
            LOG.warn("cannot remove a route: {}", Libc.C.strerror(errno));
        }
    }

    /// Makes `networks` unreachable while no device routes them, so that their packets leave by no
    /// other way. The routes outlive the process.
    public static void block(Collection<IpNetwork> networks) throws IOException {
        try (var network = new GatewayNetwork()) {
            for (var blocked : networks) {
                network.added(
                        unreachable(NetlinkMessage.RTM_NEWROUTE, ADD, blocked),
                        "unreachable route");
            }
        }
    }

    /// Removes what outlives a gateway's processes: rules and unreachable routes, whichever life
    /// left them.
    public static void forget(Collection<IpNetwork> networks) throws IOException {
        try (var network = new GatewayNetwork()) {
            for (var blocked : networks) {
                network.netlink.request(unreachable(NetlinkMessage.RTM_DELROUTE, REMOVE, blocked));
            }
            for (var family : FAMILIES) {
                network.removeAll(lookUpRule(RTM_DELRULE, REMOVE, family));
                network.removeAll(anyPastRule(RTM_DELRULE, REMOVE, family));
                network.removeAll(landingRule(RTM_DELRULE, REMOVE, family));
            }
        }
    }

    private void removeAll(NetlinkMessage rule) throws IOException {
        for (int i = 0; i < RULES_OF_ONE_KIND_MAX && netlink.request(rule) == 0; i++) {
            LOG.trace("a rule is removed");
        }
    }

    /// Returns true if it had been missing. A family that the host lacks is tolerated.
    private boolean added(NetlinkMessage message, String what) throws IOException {
        int errno = netlink.request(message);
        if (errno != 0 && errno != Errno.EEXIST) {
            LOG.debug("no {}: {}", what, Libc.C.strerror(errno));
        }
        return errno == 0;
    }

    private static boolean isUp(String device) throws IOException {
        var request = new InterfaceRequest(device).onSocket(SIOCGIFFLAGS, "interface " + device);
        return (request.flags() & IFF_UP) != 0;
    }

    private static int mtu(String device) throws IOException {
        return new InterfaceRequest(device).onSocket(SIOCGIFMTU, "interface " + device).number();
    }

    private void linkUp(int index) throws IOException {
        var message = new NetlinkMessage(NetlinkMessage.RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
        int errno = netlink.request(message.u8(0, 0).u16(0).u32(index).u32(IFF_UP).u32(IFF_UP));
        if (errno != 0) {
            throw new ErrnoException("set link up", errno);
        }
    }

    private static NetlinkMessage addressMessage(int index, IpAddress address) {
        return new NetlinkMessage(NetlinkMessage.RTM_NEWADDR, ADD)
                .u8(family(address), address.bits(), IFA_F_NODAD, RT_SCOPE_UNIVERSE)
                .u32(index)
                .attribute(IFA_LOCAL, address)
                .attribute(IFA_ADDRESS, address);
    }

    private static NetlinkMessage route(int flags, IpNetwork network) {
        return routeMessage(NetlinkMessage.RTM_NEWROUTE, flags, network, RTN_UNICAST);
    }

    private static NetlinkMessage unreachable(int type, int flags, IpNetwork network) {
        return routeMessage(type, flags, network, RTN_UNREACHABLE)
                .attribute(RTA_PRIORITY, UNREACHABLE_METRIC);
    }

    private static NetlinkMessage routeMessage(int type, int flags, IpNetwork network, int kind) {
        var address = network.address();
        return new NetlinkMessage(type, flags)
                .u8(family(address), network.prefixLength(), 0, 0)
                .u8(0, RTPROT_STATIC, RT_SCOPE_UNIVERSE, kind)
                .u32(0)
                .attribute(RTA_TABLE, TABLE)
                .attribute(RTA_DST, address);
    }

    private static NetlinkMessage lookUpRule(int type, int flags, IpAddress family) {
        return ruleMessage(type, flags, family, FR_ACT_TO_TBL, FIB_RULE_INVERT, RULE_PRIORITY)
                .attribute(FRA_TABLE, TABLE)
                .attribute(FRA_FWMARK, UdpConfig.TUNNEL_MARK)
                .attribute(FRA_FWMASK, -1);
    }

    private static NetlinkMessage pastRule(int type, int flags, IpAddress family, String device) {
        return anyPastRule(type, flags, family).attribute(FRA_IIFNAME, device);
    }

    /// For removal: the rule of whichever device.
    private static NetlinkMessage anyPastRule(int type, int flags, IpAddress family) {
        return ruleMessage(type, flags, family, FR_ACT_GOTO, 0, PAST_CLIENT_PRIORITY)
                .attribute(FRA_GOTO, AFTER_CLIENT_PRIORITY);
    }

    private static NetlinkMessage landingRule(int type, int flags, IpAddress family) {
        return ruleMessage(type, flags, family, FR_ACT_NOP, 0, AFTER_CLIENT_PRIORITY);
    }

    private static NetlinkMessage ruleMessage(
            int type, int flags, IpAddress any, int action, int ruleFlags, int priority) {
        return new NetlinkMessage(type, flags)
                .u8(family(any), 0, 0, 0, 0, 0, 0, action)
                .u32(ruleFlags)
                .attribute(FRA_PRIORITY, priority);
    }

    private static int family(IpAddress address) {
        return address.isV4() ? SocketConstants.AF_INET : SocketConstants.AF_INET6;
    }

    @Override
    public void close() {
        netlink.close();
    }
}
