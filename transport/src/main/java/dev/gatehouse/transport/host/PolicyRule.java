package dev.gatehouse.transport.host;

import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.netlink.NetlinkMessage;
import dev.gatehouse.transport.sys.SocketConstants;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// A rule that leads to a routing table, in one address family.
///
/// @param priority lower ones are asked first
/// @param mark firewall mark that packets have, or have not; 0 for any
/// @param isInverted whether it is for packets without the mark
record PolicyRule(IpAddress.Family family, int priority, int table, int mark, boolean isInverted) {
    private static final int FIXED_LENGTH = 12;
    private static final int TABLE_OFFSET = 4;
    private static final int ACTION_OFFSET = 7;
    private static final int FLAGS_OFFSET = 8;
    private static final int FR_ACT_TO_TBL = 1;
    private static final int FIB_RULE_INVERT = 2;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int FRA_PROTOCOL = 21;
    private static final int RTPROT_KERNEL = 2; // network managers leave such rules alone

    /// The rules of a family that lead to tables.
    static List<PolicyRule> all(Netlink netlink, IpAddress.Family family) throws IOException {
        int flags = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP;
        var request = new NetlinkMessage(NetlinkMessage.RTM_GETRULE, flags);
        request.u8(SocketConstants.family(family), 0, 0, 0, 0, 0, 0, 0).u32(0);
        var found = new ArrayList<PolicyRule>();
        for (var message : netlink.dump(request)) {
            if (message.get(ACTION_OFFSET) == FR_ACT_TO_TBL) {
                found.add(of(message, family));
            }
        }
        return found;
    }

    private static PolicyRule of(ByteBuffer message, IpAddress.Family family) {
        int shortTable = Byte.toUnsignedInt(message.get(TABLE_OFFSET));
        return new PolicyRule(
                family,
                number(message, FRA_PRIORITY, 0),
                number(message, FRA_TABLE, shortTable),
                number(message, FRA_FWMARK, 0),
                (message.getInt(FLAGS_OFFSET) & FIB_RULE_INVERT) != 0);
    }

    private static int number(ByteBuffer message, int attribute, int otherwise) {
        var value = NetlinkMessage.attribute(message, FIXED_LENGTH, attribute);
        return value == null ? otherwise : value.getInt(value.position());
    }

    /// Returns 0 or the error number.
    int add(Netlink netlink) throws IOException {
        int flags = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL;
        var message = message(NetlinkMessage.RTM_NEWRULE, flags);
        // FRA_PROTOCOL is a single byte, padded to the next attribute
        message.u16(5).u16(FRA_PROTOCOL).u8(RTPROT_KERNEL, 0, 0, 0);
        return netlink.request(message);
    }

    /// Returns 0 or the error number.
    int remove(Netlink netlink) throws IOException {
        return netlink.request(message(NetlinkMessage.RTM_DELRULE, 0));
    }

    private NetlinkMessage message(int type, int flags) {
        int all = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK | flags;
        var message = new NetlinkMessage(type, all);
        message.u8(SocketConstants.family(family), 0, 0, 0, 0, 0, 0, FR_ACT_TO_TBL);
        message.u32(isInverted ? FIB_RULE_INVERT : 0);
        message.attribute(FRA_TABLE, table).attribute(FRA_PRIORITY, priority);
        return mark == 0 ? message : message.attribute(FRA_FWMARK, mark).attribute(FRA_FWMASK, -1);
    }
}
