package dev.gatehouse.transport.netlink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A network interface as the kernel tells it.
///
/// @param alias what its owner wrote there; empty if nothing
/// @param kind of a virtual one, such as `tun`; empty of others
/// @param isPersistent whether it is a TUN device that outlives its process
public record Link(
        int index, String name, String alias, String kind, boolean isPersistent, boolean isUp) {
    private static final int FIXED_LENGTH = 16;
    private static final int INDEX_OFFSET = 4;
    private static final int FLAGS_OFFSET = 8;
    private static final int IFF_UP = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_IFALIAS = 20;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_TUN_PERSIST = 6;

    /// All of this network namespace.
    public static List<Link> all() throws IOException {
        try (var netlink = new Netlink(0, false)) {
            return all(netlink);
        }
    }

    public static List<Link> all(Netlink netlink) throws IOException {
        int flags = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP;
        var request = new NetlinkMessage(NetlinkMessage.RTM_GETLINK, flags);
        request.u8(0, 0).u16(0).u32(0).u32(0).u32(0);
        return netlink.dump(request).stream().map(Link::of).toList();
    }

    private static Link of(ByteBuffer message) {
        var info = NetlinkMessage.attribute(message, FIXED_LENGTH, IFLA_LINKINFO);
        var data = info == null ? null : NetlinkMessage.nested(info, IFLA_INFO_DATA);
        var persist = data == null ? null : NetlinkMessage.nested(data, IFLA_TUN_PERSIST);
        return new Link(
                message.getInt(INDEX_OFFSET),
                text(NetlinkMessage.attribute(message, FIXED_LENGTH, IFLA_IFNAME)),
                text(NetlinkMessage.attribute(message, FIXED_LENGTH, IFLA_IFALIAS)),
                info == null ? "" : text(NetlinkMessage.nested(info, IFLA_INFO_KIND)),
                persist != null && persist.get(persist.position()) != 0,
                (message.getInt(FLAGS_OFFSET) & IFF_UP) != 0);
    }

    /// Without the zero at its end.
    private static String text(ByteBuffer value) {
        if (value == null) {
            return "";
        }
        var bytes = new byte[value.remaining()];
        value.get(value.position(), bytes);
        return new String(bytes, StandardCharsets.UTF_8).replace("\0", "");
    }

    /// Writes an alias to the interface of that index; returns 0 or the error number.
    public static int setAlias(Netlink netlink, int index, String alias) throws IOException {
        int flags = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK;
        var message = new NetlinkMessage(NetlinkMessage.RTM_NEWLINK, flags);
        message.u8(0, 0).u16(0).u32(index).u32(0).u32(0).attribute(IFLA_IFALIAS, alias);
        return netlink.request(message);
    }
}
