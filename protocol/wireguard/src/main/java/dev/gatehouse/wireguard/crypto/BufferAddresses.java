package dev.gatehouse.wireguard.crypto;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Remembers where the direct buffers seen last begin, so that asking again allocates nothing.
///
/// Holds at most [#BUFFERS_MAX] buffers alive; the oldest makes room.
final class BufferAddresses {
    private static final int BUFFERS_MAX = 8;

    private final ByteBuffer[] buffers = new ByteBuffer[BUFFERS_MAX];
    private final long[] addresses = new long[BUFFERS_MAX];
    private int next;

    /// The address of index 0 of `buffer`, whatever its position.
    long of(ByteBuffer buffer) {
        for (int i = 0; i < BUFFERS_MAX; i++) {
            if (buffers[i] == buffer) {
                return addresses[i];
            }
        }
        return remember(buffer);
    }

    private long remember(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("need a direct buffer");
        }
        long address = MemorySegment.ofBuffer(buffer.duplicate().clear()).address();
        buffers[next] = buffer;
        addresses[next] = address;
        next = (next + 1) % BUFFERS_MAX;
        return address;
    }
}
