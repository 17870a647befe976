package dev.gatehouse.wireguard.crypto;

import java.nio.ByteBuffer;

/// What one call of an [Aead] works on: up to [#PACKETS_MAX] packets of one key, by position.
///
/// Positions are absolute indices of the buffers given with it. The tag always follows the
/// ciphertext. Filled anew for each call; allocates nothing once made.
public final class AeadBatch {
    public static final int PACKETS_MAX = 64;

    private static final int SCRATCH_LENGTH = 64;

    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_LENGTH);
    private final int[] packets = new int[PACKETS_MAX];
    private final long[] counters = new long[PACKETS_MAX];
    private final int[] sources = new int[PACKETS_MAX];
    private final int[] targets = new int[PACKETS_MAX];
    private final int[] lengths = new int[PACKETS_MAX];
    private final boolean[] authentic = new boolean[PACKETS_MAX];
    private int count;

    public void clear() {
        count = 0;
    }

    /// Appends a packet; the caller checked [#isFull].
    ///
    /// @param packet what the caller calls it, see [#packet]
    /// @param counter the nonce's last 8 bytes, sent little endian after 4 zero bytes
    /// @param source where the text to work on begins
    /// @param target where the result goes; equal to `source` when opening
    /// @param length bytes without the tag
    public void add(int packet, long counter, int source, int target, int length) {
        assert length >= 0 : length;
        packets[count] = packet;
        counters[count] = counter;
        sources[count] = source;
        targets[count] = target;
        lengths[count] = length;
        authentic[count] = false;
        count++;
    }

    public int count() {
        return count;
    }

    public boolean isFull() {
        return count == PACKETS_MAX;
    }

    /// A direct buffer of 64 bytes for one small packet, valid until the next call of anything.
    public ByteBuffer scratch() {
        return scratch;
    }

    public int packet(int i) {
        return packets[i];
    }

    public long counter(int i) {
        return counters[i];
    }

    public int source(int i) {
        return sources[i];
    }

    public int target(int i) {
        return targets[i];
    }

    public int length(int i) {
        return lengths[i];
    }

    /// After [Aead#open]: whether the tag of packet `i` was right.
    public boolean isAuthentic(int i) {
        return authentic[i];
    }

    void authentic(int i, boolean verdict) {
        authentic[i] = verdict;
    }
}
