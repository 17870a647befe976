package dev.gatehouse.transport.host;

import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.netlink.NetlinkMessage;
import dev.gatehouse.transport.sys.SocketConstants;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// A route of one routing table, to what is reached without a router.
///
/// @param device index of the interface; 0: none
/// @param scope how far away the destinations are; always [#SCOPE_UNIVERSE] of IPv6
/// @param metric lower ones are preferred
/// @param source address that packets shall have
/// @param kind [#UNICAST], or what another program may have put there
record TableRoute(
        int table,
        IpNetwork network,
        int device,
        int scope,
        int metric,
        Optional<IpAddress> source,
        int kind) {
    static final int MAIN_TABLE = 254;
    static final int UNICAST = 1;
    static final int SCOPE_UNIVERSE = 0;
    static final int SCOPE_LINK = 253;

    private static final int SCOPE_NOWHERE = 255; // any, for a removal
    private static final int IPV6_METRIC = 1024; // what the kernel makes of none
    private static final int FIXED_LENGTH = 12;
    private static final int PREFIX_OFFSET = 1;
    private static final int TABLE_OFFSET = 4;
    private static final int SCOPE_OFFSET = 6;
    private static final int KIND_OFFSET = 7;
    private static final int FLAGS_OFFSET = 8;
    private static final int RTNH_F_DEAD = 1;
    private static final int RTNH_F_LINKDOWN = 16;
    private static final int RTM_F_CLONED = 0x200;
    private static final int RTPROT_STATIC = 4;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_PREFSRC = 7;
    private static final int RTA_TABLE = 15;
    private static final int RTA_VIA = 18;

    /// A route to the tunnel.
    static TableRoute toDevice(int table, IpNetwork network, int device) {
        int metric = network.address().isV4() ? 0 : IPV6_METRIC;
        return new TableRoute(
                table, network, device, SCOPE_UNIVERSE, metric, Optional.empty(), UNICAST);
    }

    TableRoute inTable(int other) {
        return new TableRoute(other, network, device, scope, metric, source, kind);
    }

    /// What a family's table holds.
    static List<TableRoute> all(Netlink netlink, IpAddress.Family family, int table)
            throws IOException {
        return dump(netlink, family, table).stream().map(m -> of(m, family, table)).toList();
    }

    /// The networks of the main table to which an interface that works is connected (client.md
    /// 24). Without those of links that have no carrier.
    static List<TableRoute> connected(Netlink netlink, IpAddress.Family family) throws IOException {
        var found = new ArrayList<TableRoute>();
        for (var message : dump(netlink, family, MAIN_TABLE)) {
            boolean works = (message.getInt(FLAGS_OFFSET) & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0;
            boolean direct =
                    NetlinkMessage.attribute(message, FIXED_LENGTH, RTA_GATEWAY) == null
                            && NetlinkMessage.attribute(message, FIXED_LENGTH, RTA_VIA) == null;
            var route = of(message, family, MAIN_TABLE);
            if (works && direct && route.isConnected()) {
                found.add(route);
            }
        }
        return found;
    }

    /// Indexes of the interfaces to which default routes of the main table lead.
    static Set<Integer> defaultDevices(Netlink netlink, IpAddress.Family family)
            throws IOException {
        var found = new TreeSet<Integer>();
        for (var route : all(netlink, family, MAIN_TABLE)) {
            if (route.network.prefixLength() == 0 && route.device != 0) {
                found.add(route.device);
            }
        }
        return found;
    }

    private boolean isConnected() {
        boolean near = scope == SCOPE_LINK || !network.address().isV4();
        return near && kind == UNICAST && device != 0 && network.prefixLength() > 0;
    }

    private static List<ByteBuffer> dump(Netlink netlink, IpAddress.Family family, int table)
            throws IOException {
        int flags = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP;
        var request = new NetlinkMessage(NetlinkMessage.RTM_GETROUTE, flags);
        request.u8(SocketConstants.family(family), 0, 0, 0, 0, 0, 0, 0).u32(0);
        request.attribute(RTA_TABLE, table);
        return netlink.dump(request).stream()
                .filter(message -> tableOf(message) == table) // an older kernel tells all
                .filter(message -> (message.getInt(FLAGS_OFFSET) & RTM_F_CLONED) == 0)
                .toList();
    }

    private static int tableOf(ByteBuffer message) {
        return number(message, RTA_TABLE, Byte.toUnsignedInt(message.get(TABLE_OFFSET)));
    }

    private static TableRoute of(ByteBuffer message, IpAddress.Family family, int table) {
        var any = family == IpAddress.Family.IPV4 ? IpAddress.ANY_V4 : IpAddress.ANY_V6;
        int length = Byte.toUnsignedInt(message.get(PREFIX_OFFSET));
        return new TableRoute(
                table,
                IpNetwork.of(address(message, RTA_DST).orElse(any), length),
                number(message, RTA_OIF, 0),
                Byte.toUnsignedInt(message.get(SCOPE_OFFSET)),
                number(message, RTA_PRIORITY, 0),
                address(message, RTA_PREFSRC),
                Byte.toUnsignedInt(message.get(KIND_OFFSET)));
    }

    private static int number(ByteBuffer message, int attribute, int otherwise) {
        var value = NetlinkMessage.attribute(message, FIXED_LENGTH, attribute);
        return value == null ? otherwise : value.getInt(value.position());
    }

    private static Optional<IpAddress> address(ByteBuffer message, int attribute) {
        var value = NetlinkMessage.attribute(message, FIXED_LENGTH, attribute);
        if (value == null) {
            return Optional.empty();
        }
        var bytes = new byte[value.remaining()];
        value.get(value.position(), bytes);
        return Optional.of(IpAddress.ofBytes(bytes));
    }

    /// Beside others to the same network. Returns 0 or the error number.
    int add(Netlink netlink) throws IOException {
        int flags = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_APPEND;
        var message = message(NetlinkMessage.RTM_NEWROUTE, flags, RTPROT_STATIC, scope);
        source.ifPresent(address -> message.attribute(RTA_PREFSRC, address));
        return netlink.request(message);
    }

    /// Returns 0 or the error number.
    int remove(Netlink netlink) throws IOException {
        return netlink.request(message(NetlinkMessage.RTM_DELROUTE, 0, 0, SCOPE_NOWHERE));
    }

    private NetlinkMessage message(int type, int flags, int protocol, int within) {
        var address = network.address();
        int all = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK | flags;
        var message =
                new NetlinkMessage(type, all)
                        .u8(SocketConstants.family(address.family()), network.prefixLength(), 0, 0)
                        .u8(0, protocol, within, kind)
                        .u32(0)
                        .attribute(RTA_TABLE, table)
                        .attribute(RTA_DST, address)
                        .attribute(RTA_PRIORITY, metric);
        return device == 0 ? message : message.attribute(RTA_OIF, device);
    }
}
