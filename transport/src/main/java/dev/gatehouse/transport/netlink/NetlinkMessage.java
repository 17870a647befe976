package dev.gatehouse.transport.netlink;

import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A route netlink request: header, fixed part, attributes, in the order of the calls.
public final class NetlinkMessage {
    public static final int RTM_NEWLINK = 16;
    public static final int RTM_GETLINK = 18;
    public static final int RTM_NEWADDR = 20;
    public static final int RTM_DELADDR = 21;
    public static final int RTM_GETADDR = 22;
    public static final int RTM_NEWROUTE = 24;
    public static final int RTM_DELROUTE = 25;
    public static final int RTM_GETROUTE = 26;
    public static final int RTM_NEWRULE = 32;
    public static final int RTM_DELRULE = 33;
    public static final int RTM_GETRULE = 34;

    public static final int NLM_F_REQUEST = 1;
    public static final int NLM_F_ACK = 4;
    public static final int NLM_F_REPLACE = 0x100;
    public static final int NLM_F_EXCL = 0x200;
    public static final int NLM_F_DUMP = 0x300;
    public static final int NLM_F_CREATE = 0x400;
    public static final int NLM_F_APPEND = 0x800;

    public static final int HEADER_LENGTH = 16;
    public static final int ATTRIBUTE_HEADER_LENGTH = 4;

    private static final int LENGTH_MAX = 256;
    private static final int TYPE_MASK = 0x3FFF; // above it: nested, network byte order

    private final ByteBuffer buffer = NativeMemory.allocate(LENGTH_MAX);

    public NetlinkMessage(int type, int flags) {
        buffer.putInt(0).putShort((short) type).putShort((short) flags).putInt(0).putInt(0);
    }

    public NetlinkMessage u8(int... values) {
        for (int value : values) {
            buffer.put((byte) value);
        }
        return this;
    }

    public NetlinkMessage u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    public NetlinkMessage u32(int value) {
        buffer.putInt(value);
        return this;
    }

    public NetlinkMessage attribute(int type, int value) {
        buffer.putShort((short) (ATTRIBUTE_HEADER_LENGTH + 4)).putShort((short) type).putInt(value);
        return this;
    }

    public NetlinkMessage attribute(int type, IpAddress address) {
        byte[] bytes = address.toBytes();
        buffer.putShort((short) (ATTRIBUTE_HEADER_LENGTH + bytes.length));
        buffer.putShort((short) type).put(bytes);
        return this;
    }

    /// A C string of at most 100 characters.
    public NetlinkMessage attribute(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int length = ATTRIBUTE_HEADER_LENGTH + bytes.length + 1;
        buffer.putShort((short) length).putShort((short) type).put(bytes).put((byte) 0);
        return u8(new int[aligned(length) - length]);
    }

    private static int aligned(int length) {
        return length + 3 & -4;
    }

    /// The value of an attribute of a received message, from position to limit, or null.
    public static ByteBuffer attribute(ByteBuffer message, int fixedLength, int type) {
        return find(message, fixedLength, message.capacity(), type);
    }

    /// The value of an attribute within another one's value, or null.
    static ByteBuffer nested(ByteBuffer outer, int type) {
        return find(outer, outer.position(), outer.limit(), type);
    }

    private static ByteBuffer find(ByteBuffer in, int from, int end, int type) {
        int at = from;
        while (at + ATTRIBUTE_HEADER_LENGTH <= end) {
            int length = Short.toUnsignedInt(in.getShort(at));
            if (length < ATTRIBUTE_HEADER_LENGTH || at + length > end) {
                return null;
            }
            if ((in.getShort(at + 2) & TYPE_MASK) == type) {
                int value = at + ATTRIBUTE_HEADER_LENGTH;
                return in.duplicate().order(in.order()).limit(at + length).position(value);
            }
            at += aligned(length);
        }
        return null;
    }

    /// Completes the header. The message lies from index 0 to the buffer's position.
    ByteBuffer finish(int sequence) {
        return buffer.putInt(0, buffer.position()).putInt(8, sequence);
    }
}
