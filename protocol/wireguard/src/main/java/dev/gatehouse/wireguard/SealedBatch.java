package dev.gatehouse.wireguard;

import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/// Where sealed datagrams go: one behind the other in a direct buffer, each after free headroom.
///
/// Bytes from [#start] to [#end] are contiguous: with headroom 0 they can be sent as they are, with
/// headroom 4 once a channel data header stands before each datagram. Owned by one shard; allocates
/// nothing once made. [WireGuardTunnel#seal] appends, so a batch may grow across calls.
public final class SealedBatch {
    private final ByteBuffer buffer;
    private final int[] offsets;
    private final int[] lengths;
    private int headroom;
    private int start;
    private int end;
    private int count;

    /// @param buffer a direct, big-endian buffer; indices into it are absolute
    /// @param datagramsMax the most datagrams this batch holds
    public SealedBatch(ByteBuffer buffer, int datagramsMax) {
        if (!buffer.isDirect() || buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("need a direct, big-endian buffer");
        }
        this.buffer = buffer;
        offsets = new int[datagramsMax];
        lengths = new int[datagramsMax];
    }

    /// Empties the batch.
    ///
    /// @param offset where the headroom of the first datagram begins
    /// @param headroom free bytes before each datagram: 0, or 4 for a channel data header
    public void reset(int offset, int headroom) {
        this.headroom = headroom;
        start = offset;
        end = offset;
        count = 0;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int count() {
        return count;
    }

    public int headroom() {
        return headroom;
    }

    /// Where datagram `i` begins, behind its headroom.
    public int offset(int i) {
        return offsets[i];
    }

    /// Bytes of datagram `i` without headroom.
    public int length(int i) {
        return lengths[i];
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    /// Bytes of all datagrams and headrooms.
    public int bytes() {
        return end - start;
    }

    /// Whether a packet of `plainLength` bytes still fits.
    public boolean hasRoomFor(int plainLength) {
        return count < offsets.length
                && end + headroom + plainLength + MessageType.DATA_OVERHEAD_LENGTH
                        <= buffer.capacity();
    }

    /// Takes room for a datagram and returns its offset.
    int append(int length) {
        int offset = end + headroom;
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        offsets[count] = offset;
        lengths[count] = length;
        count++;
        end = offset + length;
        return offset;
    }
}
