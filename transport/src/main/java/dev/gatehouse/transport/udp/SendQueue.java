package dev.gatehouse.transport.udp;

import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;

/// Copies of batches that the kernel did not take yet, in order; refuses what does not fit.
final class SendQueue {
    private static final int ENTRIES_MAX = 256;

    private final ByteBuffer buffer;
    private final Transmit[] entries = new Transmit[ENTRIES_MAX];
    private int first;
    private int count;
    private int tail;

    SendQueue(int bytes) {
        buffer = ByteBuffer.allocateDirect(bytes);
        for (int i = 0; i < ENTRIES_MAX; i++) {
            entries[i] = new Transmit();
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// Copies the content of `transmit` from byte `from` on; false if there is no room.
    boolean add(Transmit transmit, int from) {
        int length = transmit.length() - from;
        int at = place(length);
        if (at < 0) {
            return false;
        }
        buffer.put(at, transmit.buffer(), transmit.offset() + from, length);
        var entry = entries[(first + count) % ENTRIES_MAX];
        entry.path(transmit.local(), transmit.remote());
        int segmentLength = Math.min(transmit.segmentLength(), length);
        entry.content(buffer, at, length, segmentLength, transmit.ecn());
        count++;
        tail = at + length;
        return true;
    }

    private int place(int length) {
        if (count == ENTRIES_MAX || length > buffer.capacity()) {
            return -1;
        }
        if (count == 0) {
            return 0;
        }
        int head = entries[first].offset();
        if (tail > head) {
            boolean fits = length <= buffer.capacity() - tail;
            return fits ? tail : length <= head ? 0 : -1;
        }
        return length <= head - tail ? tail : -1;
    }

    /// The oldest batch; only when not empty.
    Transmit peek() {
        assert count > 0;
        return entries[first];
    }

    void remove() {
        first = (first + 1) % ENTRIES_MAX;
        count--;
    }

    /// Takes the first `bytes` off the oldest batch, which has more.
    void consume(int bytes) {
        var entry = entries[first];
        int length = entry.length() - bytes;
        entry.content(
                buffer,
                entry.offset() + bytes,
                length,
                Math.min(entry.segmentLength(), length),
                entry.ecn());
    }
}
