package dev.gatehouse.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Packets in one off-heap buffer: the unit that every layer passes on.
///
/// Packet `i` occupies `length(i)` bytes from `offset(i)`. Whoever fills a batch leaves room before
/// each packet ([#HEADROOM_LENGTH]) and behind it ([#TAILROOM_LENGTH]) where a lower layer has to
/// add a header or a tag. Not thread-safe: owned by one shard. Allocates nothing once made.
public final class PacketBatch {
    /// Bytes: channel data header 4 + WireGuard data header 16, rounded up.
    public static final int HEADROOM_LENGTH = 32;

    /// Bytes: the AEAD tag.
    public static final int TAILROOM_LENGTH = 16;

    private final ByteBuffer buffer;
    private final int[] offsets;
    private final int[] lengths;
    private final byte[] ecns;
    private int count;

    /// @param buffer a direct, big-endian buffer; indices into it are absolute
    /// @param packetsMax the most packets this batch holds
    public PacketBatch(ByteBuffer buffer, int packetsMax) {
        if (!buffer.isDirect() || buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("need a direct, big-endian buffer");
        }
        this.buffer = buffer;
        this.offsets = new int[packetsMax];
        this.lengths = new int[packetsMax];
        this.ecns = new byte[packetsMax];
    }

    /// A batch with a buffer of its own of `bytes` bytes.
    public static PacketBatch allocate(int bytes, int packetsMax) {
        return new PacketBatch(ByteBuffer.allocateDirect(bytes), packetsMax);
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int count() {
        return count;
    }

    public int packetsMax() {
        return offsets.length;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public boolean isFull() {
        return count == offsets.length;
    }

    public int offset(int i) {
        return offsets[i];
    }

    public int length(int i) {
        return lengths[i];
    }

    /// The two ECN bits: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.
    public int ecn(int i) {
        return ecns[i];
    }

    public void clear() {
        count = 0;
    }

    /// Appends the packet at `offset`; the caller checked [#isFull].
    public void add(int offset, int length, int ecn) {
        offsets[count] = offset;
        lengths[count] = length;
        ecns[count] = (byte) ecn;
        count++;
    }

    /// Moves packet `i`, for example behind a header that was taken off.
    public void set(int i, int offset, int length) {
        offsets[i] = offset;
        lengths[i] = length;
    }

    /// Sets the ECN bits to carry on the outer header.
    public void ecn(int i, int ecn) {
        ecns[i] = (byte) ecn;
    }

    /// Forgets every packet from number `newCount` on.
    public void truncate(int newCount) {
        assert newCount <= count : newCount;
        count = newCount;
    }
}
