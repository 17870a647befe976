package dev.gatehouse.testkit;

import java.util.SplittableRandom;

/// Decodes choices from bytes, in order. The same scenario therefore runs from a seed (bytes drawn
/// from a generator), from a committed file, and from a coverage-guided fuzzer.
public final class Gen {
    private final byte[] bytes;
    private int position;

    public Gen(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    public static Gen ofSeed(long seed, int length) {
        var bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return new Gen(bytes);
    }

    public boolean isExhausted() {
        return position >= bytes.length;
    }

    /// Returns 0 to `bound` - 1; always 0 once exhausted: shorter input means simpler cases.
    public int below(int bound) {
        int value = 0;
        for (int span = bound - 1; span > 0 && !isExhausted(); span >>>= 8) {
            value = (value << 8) | Byte.toUnsignedInt(bytes[position++]);
        }
        return Integer.remainderUnsigned(value, bound);
    }

    /// True in `percent` of 100 cases; false once exhausted.
    public boolean chance(int percent) {
        return !isExhausted() && below(100) < percent;
    }

    @SafeVarargs
    public final <E> E oneOf(E... options) {
        return options[below(options.length)];
    }
}
