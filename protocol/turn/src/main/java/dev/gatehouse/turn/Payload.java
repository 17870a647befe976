package dev.gatehouse.turn;

/// Bytes that nobody writes to any more.
public final class Payload {
    private final byte[] bytes;

    /// @param bytes belong to this object from here on
    public Payload(byte[] bytes) {
        this.bytes = bytes;
    }

    /// For reading only.
    public byte[] bytes() {
        return bytes;
    }
}
