package dev.gatehouse.wire;

/// Spreads keys of three numbers over a table whose length is a power of two.
///
/// Universal (multiply-shift with random odd factors): whoever chooses keys without knowing the
/// seed cannot make more of them fall together than chance does.
public final class SeededHash {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long a;
    private final long b;
    private final long c;

    /// @param seed random where strangers choose the keys
    public SeededHash(long seed) {
        a = mix(seed + GOLDEN) | 1;
        b = mix(seed + 2 * GOLDEN) | 1;
        c = mix(seed + 3 * GOLDEN) | 1;
    }

    /// The slot of a table with `1 << 64 - shift` of them.
    ///
    /// @param shift 33 to 63
    public int slot(long x, long y, long z, int shift) {
        return (int) (x * a + y * b + z * c >>> shift);
    }

    /// The shift for a table of this length.
    ///
    /// @param length a power of two, at least 2
    public static int shift(int length) {
        return Long.SIZE - Integer.numberOfTrailingZeros(length);
    }

    /// A number that looks random, from one that does not (the finalizer of SplitMix64).
    public static long mix(long number) {
        long z = (number ^ number >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
