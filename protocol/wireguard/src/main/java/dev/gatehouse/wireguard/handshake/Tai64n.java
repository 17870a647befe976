package dev.gatehouse.wireguard.handshake;

import java.nio.ByteBuffer;

/// A TAI64N label as handshakes carry it: seconds since 1970 plus 2^62 + 10, and nanoseconds.
///
/// A peer may put anything into the 12 bytes, so both parts are unsigned and only compared.
public record Tai64n(long seconds, int nanos) implements Comparable<Tai64n> {
    public static final int LENGTH = 12;

    /// Before every time stamp.
    public static final Tai64n ZERO = new Tai64n(0, 0);

    private static final long EPOCH = (1L << 62) + 10;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    public static Tai64n ofUnixNs(long unixNs) {
        return new Tai64n(
                EPOCH + Math.floorDiv(unixNs, NANOS_PER_SECOND),
                (int) Math.floorMod(unixNs, NANOS_PER_SECOND));
    }

    /// @throws IllegalArgumentException unless `bytes` has 12 bytes
    public static Tai64n ofBytes(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException(
                    "need %d bytes, got %d".formatted(LENGTH, bytes.length));
        }
        var buffer = ByteBuffer.wrap(bytes);
        return new Tai64n(buffer.getLong(), buffer.getInt());
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(LENGTH).putLong(seconds).putInt(nanos).array();
    }

    public boolean isAfter(Tai64n other) {
        return compareTo(other) > 0;
    }

    /// The smallest label after this one.
    public Tai64n next() {
        return nanos == NANOS_PER_SECOND - 1
                ? new Tai64n(seconds + 1, 0)
                : new Tai64n(seconds, nanos + 1);
    }

    @Override
    public int compareTo(Tai64n other) {
        int bySeconds = Long.compareUnsigned(seconds, other.seconds);
        return bySeconds != 0 ? bySeconds : Integer.compareUnsigned(nanos, other.nanos);
    }
}
