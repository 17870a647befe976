package dev.gatehouse.wireguard;

/// Rejects transport counters seen before or too old to tell, as RFC 6479 section 2 describes.
///
/// Not thread-safe: owned by the loop thread that owns the session.
final class ReplayWindow {
    private static final int BLOCK_BITS = 64;
    private static final int BLOCKS = 256; // power of two: the ring index is a mask

    /// Packets, at least the 8,192 of tunnel.md 11.3. Counters further behind the newest are
    /// refused; one block stays spare so that advancing never clears bits still inside.
    static final int WINDOW_SIZE = (BLOCKS - 1) * BLOCK_BITS;

    private final long[] ring = new long[BLOCKS];
    private long newest;

    /// Whether [#accept] would take `counter`; asked before the tag is verified.
    ///
    /// @param counter 0 to 2^63 - 1; callers drop packets whose top bit is set
    boolean isAcceptable(long counter) {
        assert counter >= 0 : counter;
        return counter > newest
                || newest - counter <= WINDOW_SIZE && (ring[block(counter)] & bit(counter)) == 0;
    }

    /// Accepts `counter` once.
    ///
    /// Call only after the AEAD tag verified: a forged counter must not move the window.
    ///
    /// @return false if the packet must be dropped
    boolean accept(long counter) {
        assert counter >= 0 : counter;
        if (counter > newest) {
            clearBetween(newest, counter);
            newest = counter;
        } else if (newest - counter > WINDOW_SIZE) {
            return false;
        }
        return setBit(counter);
    }

    private void clearBetween(long from, long to) {
        long firstBlock = from / BLOCK_BITS + 1;
        long lastBlock = Math.min(to / BLOCK_BITS, from / BLOCK_BITS + BLOCKS);
        for (long block = firstBlock; block <= lastBlock; block++) {
            ring[(int) block & BLOCKS - 1] = 0;
        }
    }

    private boolean setBit(long counter) {
        int block = block(counter);
        long before = ring[block];
        ring[block] = before | bit(counter);
        return ring[block] != before;
    }

    private static int block(long counter) {
        return (int) (counter / BLOCK_BITS) & BLOCKS - 1;
    }

    private static long bit(long counter) {
        return 1L << counter; // the shift takes the low 6 bits
    }
}
