package dev.gatehouse.transport.sys;

import java.nio.ByteBuffer;

/// Remembers where the few direct buffers of a shard lie, so that asking again allocates nothing.
///
/// Holds eight buffers; a ninth replaces the one that came first.
public final class AddressCache {
    private static final int ENTRIES = 8;

    private final ByteBuffer[] buffers = new ByteBuffer[ENTRIES];
    private final long[] addresses = new long[ENTRIES];
    private int next;

    /// Address of index 0 of `buffer`, which is direct.
    public long of(ByteBuffer buffer) {
        for (int i = 0; i < ENTRIES; i++) {
            if (buffers[i] == buffer) {
                return addresses[i];
            }
        }
        buffers[next] = buffer;
        addresses[next] = NativeMemory.address(buffer);
        long address = addresses[next];
        next = (next + 1) % ENTRIES;
        return address;
    }
}
