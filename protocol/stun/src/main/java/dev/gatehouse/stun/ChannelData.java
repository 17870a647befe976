package dev.gatehouse.stun;

import java.nio.ByteBuffer;

/// The 4 byte header of relayed data, RFC 8656 section 12.4: channel number and payload length.
///
/// Static accessors on a buffer: this runs per packet. No padding follows the payload over UDP
/// (tunnel.md section 3.6).
public final class ChannelData {
    /// RFC 8656 section 12; RFC 5766 went up to 0x7FFF.
    public static final int MIN = 0x4000;

    public static final int MAX = 0x4FFF;
    public static final int HEADER_LENGTH = 4;

    private static final int LENGTH_OFFSET = 2; // u16

    private ChannelData() {}

    public static boolean isChannel(int number) {
        return number >= MIN && number <= MAX;
    }

    /// True if the first byte of a datagram is that of a channel number from [#MIN] to [#MAX].
    public static boolean isChannelData(byte first) {
        return (first & 0xF0) == 0x40;
    }

    /// Writes the header; the payload follows at `offset + HEADER_LENGTH`.
    public static void writeHeader(ByteBuffer buffer, int offset, int channel, int payloadLength) {
        assert isChannel(channel) : channel;
        buffer.putShort(offset, (short) channel);
        buffer.putShort(offset + LENGTH_OFFSET, (short) payloadLength);
    }

    /// The number in the header, whether in range or not.
    public static int channel(ByteBuffer buffer, int offset) {
        return Short.toUnsignedInt(buffer.getShort(offset));
    }

    /// The payload length that the header claims.
    public static int payloadLength(ByteBuffer buffer, int offset) {
        return Short.toUnsignedInt(buffer.getShort(offset + LENGTH_OFFSET));
    }

    static int requireChannel(int channel) {
        if (!isChannel(channel)) {
            throw new IllegalArgumentException(
                    "channel number out of range: 0x%x".formatted(channel));
        }
        return channel;
    }
}
