package dev.gatehouse.transport;

import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;

/// A route netlink request: header, fixed part, attributes, in the order of the calls.
final class NetlinkMessage {
    static final int RTM_NEWLINK = 16;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;
    static final int RTM_NEWRULE = 32;

    static final int NLM_F_REQUEST = 1;
    static final int NLM_F_ACK = 4;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_CREATE = 0x400;

    static final int HEADER_LENGTH = 16;
    static final int ATTRIBUTE_HEADER_LENGTH = 4;

    private static final int LENGTH_MAX = 256;

    private final ByteBuffer buffer = NativeMemory.allocate(LENGTH_MAX);

    NetlinkMessage(int type, int flags) {
        buffer.putInt(0).putShort((short) type).putShort((short) flags).putInt(0).putInt(0);
    }

    NetlinkMessage u8(int... values) {
        for (int value : values) {
            buffer.put((byte) value);
        }
        return this;
    }

    NetlinkMessage u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    NetlinkMessage u32(int value) {
        buffer.putInt(value);
        return this;
    }

    NetlinkMessage attribute(int type, int value) {
        buffer.putShort((short) (ATTRIBUTE_HEADER_LENGTH + 4)).putShort((short) type).putInt(value);
        return this;
    }

    NetlinkMessage attribute(int type, IpAddress address) {
        byte[] bytes = address.toBytes();
        buffer.putShort((short) (ATTRIBUTE_HEADER_LENGTH + bytes.length));
        buffer.putShort((short) type).put(bytes);
        return this;
    }

    /// Completes the header. The message lies from index 0 to the buffer's position.
    ByteBuffer finish(int sequence) {
        return buffer.putInt(0, buffer.position()).putInt(8, sequence);
    }
}
