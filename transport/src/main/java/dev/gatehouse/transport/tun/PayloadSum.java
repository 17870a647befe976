package dev.gatehouse.transport.tun;

import dev.gatehouse.wire.Checksums;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/// The Internet checksum's sum over whole packets, for those who ask for every byte they move.
///
/// Same results as [Checksums#sum(ByteBuffer, int, int)], several times faster: a plain loop over
/// longs in the machine's byte order is what the compiler turns into vectors, and a
/// memory segment kept beside its buffer is the only view for which it does. The machine is little
/// endian, as everywhere in this package. Owned by one shard; allocates only for a buffer that it
/// has not seen lately.
final class PayloadSum {
    private ByteBuffer buffer;
    private MemorySegment memory = MemorySegment.NULL;

    /// The sum of `length` bytes at `offset`; an odd last byte is padded with zero.
    ///
    /// @param from a direct buffer
    /// @return 0 to 0xFFFF and what up to 7 last bytes add
    long of(ByteBuffer from, int offset, int length) {
        if (from != buffer) {
            buffer = from;
            memory = MemorySegment.ofBuffer(from.duplicate().clear());
        }
        int longs = length >>> 3;
        int swapped = Checksums.fold(sumOfLongs(memory, offset, longs));
        int done = longs << 3;
        return (Short.reverseBytes((short) swapped) & 0xFFFF)
                + Checksums.sum(from, offset + done, length - done);
    }

    private static long sumOfLongs(MemorySegment memory, int offset, int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long word = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + 8L * i);
            sum += (word >>> 32) + (word & 0xFFFF_FFFFL);
        }
        return sum;
    }
}
