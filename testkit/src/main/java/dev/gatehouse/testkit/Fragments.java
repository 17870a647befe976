package dev.gatehouse.testkit;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Cuts datagrams into pieces, as a host does whose device takes no larger packet, and puts them
/// together again, as the other end does.
public final class Fragments {
    private static final int V6_FRAGMENT_HEADER_LENGTH = 8;

    private Fragments() {}

    /// @param whole without IPv6 extension headers
    /// @param payloadMax bytes in a piece; a multiple of 8
    public static List<byte[]> cut(byte[] whole, int id, int payloadMax) {
        int header = headerLength(whole);
        var pieces = new ArrayList<byte[]>();
        for (int from = header; from < whole.length; from += payloadMax) {
            int length = Math.min(payloadMax, whole.length - from);
            boolean more = from + length < whole.length;
            pieces.add(piece(whole, id, from - header, length, more));
        }
        return pieces;
    }

    /// One piece: `length` bytes of the payload from `at` on.
    public static byte[] piece(byte[] whole, int id, int at, int length, boolean more) {
        return whole[0] >> 4 == 4
                ? pieceV4(whole, id, at, length, more)
                : pieceV6(whole, id, at, length, more);
    }

    private static byte[] pieceV4(byte[] whole, int id, int at, int length, boolean more) {
        int header = headerLength(whole);
        var piece = ByteBuffer.allocate(header + length);
        piece.put(0, whole, 0, header).put(header, whole, header + at, length);
        piece.putShort(2, (short) piece.capacity()).putShort(4, (short) id);
        piece.putShort(6, (short) (at / 8 | (more ? 0x2000 : 0))).putShort(10, (short) 0);
        piece.putShort(10, (short) Checksums.ipv4Header(piece, 0, header));
        return piece.array();
    }

    private static byte[] pieceV6(byte[] whole, int id, int at, int length, boolean more) {
        int header = IpPacket.IPV6_HEADER_LENGTH;
        var piece = ByteBuffer.allocate(header + V6_FRAGMENT_HEADER_LENGTH + length);
        piece.put(0, whole, 0, header);
        piece.putShort(4, (short) (V6_FRAGMENT_HEADER_LENGTH + length));
        piece.put(6, (byte) IpProtocol.FRAGMENT).put(header, whole[6]);
        piece.putShort(header + 2, (short) (at | (more ? 1 : 0))).putInt(header + 4, id);
        piece.put(header + V6_FRAGMENT_HEADER_LENGTH, whole, header + at, length);
        return piece.array();
    }

    /// The datagram, which must not be cut any more.
    ///
    /// @throws IllegalArgumentException if a byte is missing or there twice
    public static byte[] join(List<byte[]> pieces) {
        var sorted = pieces.stream().sorted(Comparator.comparingInt(Fragments::offset)).toList();
        byte[] first = sorted.getFirst();
        int header = headerLength(first);
        int skip = isV4(first) ? 0 : V6_FRAGMENT_HEADER_LENGTH;
        int length = sorted.stream().mapToInt(p -> p.length - header - skip).sum();
        var whole = ByteBuffer.allocate(header + length);
        whole.put(first, 0, header);
        for (byte[] piece : sorted) {
            boolean isLast = piece == sorted.getLast();
            if (offset(piece) != whole.position() - header || hasMore(piece) == isLast) {
                throw new IllegalArgumentException("not the pieces of one datagram");
            }
            whole.put(piece, header + skip, piece.length - header - skip);
        }
        if (isV4(first)) {
            whole.putShort(2, (short) whole.capacity()).putShort(4, (short) 0);
            whole.putShort(6, (short) 0x4000).putShort(10, (short) 0);
            whole.putShort(10, (short) Checksums.ipv4Header(whole, 0, header));
        } else {
            whole.putShort(4, (short) length).put(6, first[header]);
        }
        return whole.array();
    }

    private static boolean isV4(byte[] packet) {
        return packet[0] >> 4 == 4;
    }

    private static int headerLength(byte[] packet) {
        return isV4(packet) ? (packet[0] & 0xF) * 4 : IpPacket.IPV6_HEADER_LENGTH;
    }

    private static int bits(byte[] piece) {
        return Short.toUnsignedInt(ByteBuffer.wrap(piece).getShort(isV4(piece) ? 6 : 42));
    }

    private static int offset(byte[] piece) {
        return isV4(piece) ? (bits(piece) & 0x1FFF) * 8 : bits(piece) & 0xFFF8;
    }

    private static boolean hasMore(byte[] piece) {
        return (bits(piece) & (isV4(piece) ? 0x2000 : 1)) != 0;
    }
}
