package dev.gatehouse.wireguard.key;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/// The symmetric key mixed into a handshake. Never prints, compares in constant time, wipes on
/// close.
public final class PresharedKey implements AutoCloseable {
    public static final int LENGTH = 32;

    private final byte[] bytes;

    /// Takes a copy; the caller wipes its own.
    ///
    /// @throws IllegalArgumentException unless `bytes` has 32 bytes
    public PresharedKey(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException(
                    "need %d bytes, got %d".formatted(LENGTH, bytes.length));
        }
        this.bytes = bytes.clone();
    }

    /// @throws IllegalArgumentException unless `text` is the base64 of 32 bytes
    public static PresharedKey ofBase64(String text) {
        return new PresharedKey(Base64.getDecoder().decode(text));
    }

    /// A copy; the caller wipes it.
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PresharedKey that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        throw new UnsupportedOperationException("preshared keys are not map keys");
    }

    @Override
    public String toString() {
        return "PresharedKey[redacted]";
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
    }
}
