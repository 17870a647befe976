package dev.gatehouse.wireguard.key;

import java.util.Arrays;
import java.util.Base64;

/// A Curve25519 public key: 32 bytes, shown as base64, ordered by its bytes.
public final class PublicKey implements Comparable<PublicKey> {
    public static final int LENGTH = 32;

    private final byte[] bytes;

    /// Takes a copy.
    ///
    /// @throws IllegalArgumentException unless `bytes` has 32 bytes
    public PublicKey(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException(
                    "need %d bytes, got %d".formatted(LENGTH, bytes.length));
        }
        this.bytes = bytes.clone();
    }

    /// @throws IllegalArgumentException unless `text` is the base64 of 32 bytes
    public static PublicKey ofBase64(String text) {
        return new PublicKey(Base64.getDecoder().decode(text));
    }

    public String toBase64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public int compareTo(PublicKey other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return toBase64();
    }
}
