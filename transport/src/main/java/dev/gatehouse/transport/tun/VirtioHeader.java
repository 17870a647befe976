package dev.gatehouse.transport.tun;

import java.nio.ByteBuffer;

/// The header that a TUN device with `IFF_VNET_HDR` puts before each packet: `virtio_net_hdr`,
/// 10 bytes, in the byte order of the machine, which is little endian wherever Gatehouse runs.
final class VirtioHeader {
    static final int LENGTH = 10;

    static final int FLAG_NEEDS_CSUM = 1;

    static final int GSO_NONE = 0;
    static final int GSO_TCPV4 = 1;
    static final int GSO_TCPV6 = 4;
    static final int GSO_UDP_L4 = 5;
    static final int GSO_ECN = 0x80;

    private static final int FLAGS_OFFSET = 0; // u8
    private static final int GSO_TYPE_OFFSET = 1; // u8
    private static final int HEADER_LENGTH_OFFSET = 2; // u16
    private static final int GSO_SIZE_OFFSET = 4; // u16
    private static final int CSUM_START_OFFSET = 6; // u16
    private static final int CSUM_OFFSET_OFFSET = 8; // u16

    private VirtioHeader() {}

    static boolean needsChecksum(ByteBuffer buffer, int offset) {
        return (buffer.get(offset + FLAGS_OFFSET) & FLAG_NEEDS_CSUM) != 0;
    }

    /// One of the `GSO_` constants, without [#GSO_ECN].
    static int gsoType(ByteBuffer buffer, int offset) {
        return buffer.get(offset + GSO_TYPE_OFFSET) & 0xFF & ~GSO_ECN;
    }

    static int gsoSize(ByteBuffer buffer, int offset) {
        return littleEndian(buffer, offset + GSO_SIZE_OFFSET);
    }

    static int checksumStart(ByteBuffer buffer, int offset) {
        return littleEndian(buffer, offset + CSUM_START_OFFSET);
    }

    static int checksumOffset(ByteBuffer buffer, int offset) {
        return littleEndian(buffer, offset + CSUM_OFFSET_OFFSET);
    }

    private static int littleEndian(ByteBuffer buffer, int offset) {
        return Short.toUnsignedInt(Short.reverseBytes(buffer.getShort(offset)));
    }

    /// A packet that is what it is: nothing to cut, nothing to complete.
    static void writePlain(ByteBuffer buffer, int offset) {
        buffer.putLong(offset, 0);
        buffer.putShort(offset + 8, (short) 0);
    }

    /// A packet for the kernel to cut every `gsoSize` bytes of payload.
    ///
    /// @param l4Offset length of the IP header
    /// @param headerLength length of IP and transport header together
    static void writeJoined(
            ByteBuffer buffer,
            int offset,
            int gsoType,
            int headerLength,
            int gsoSize,
            int l4Offset) {
        boolean udp = gsoType == GSO_UDP_L4;
        buffer.put(offset + FLAGS_OFFSET, (byte) FLAG_NEEDS_CSUM);
        buffer.put(offset + GSO_TYPE_OFFSET, (byte) gsoType);
        putLittleEndian(buffer, offset + HEADER_LENGTH_OFFSET, headerLength);
        putLittleEndian(buffer, offset + GSO_SIZE_OFFSET, gsoSize);
        putLittleEndian(buffer, offset + CSUM_START_OFFSET, l4Offset);
        putLittleEndian(buffer, offset + CSUM_OFFSET_OFFSET, udp ? 6 : 16);
    }

    private static void putLittleEndian(ByteBuffer buffer, int offset, int value) {
        buffer.putShort(offset, Short.reverseBytes((short) value));
    }
}
