package dev.gatehouse.wireguard.key;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.bouncycastle.math.ec.rfc7748.X25519;

/// A Curve25519 private key. Never prints, compares in constant time, wipes on close.
public final class PrivateKey implements AutoCloseable {
    public static final int LENGTH = 32;

    private final byte[] bytes;

    /// Takes a copy; the caller wipes its own.
    ///
    /// @throws IllegalArgumentException unless `bytes` has 32 bytes
    public PrivateKey(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException(
                    "need %d bytes, got %d".formatted(LENGTH, bytes.length));
        }
        this.bytes = bytes.clone();
    }

    static PrivateKey generate(RandomGenerator random) {
        var scalar = new byte[LENGTH];
        random.nextBytes(scalar);
        X25519.clampPrivateKey(scalar);
        var key = new PrivateKey(scalar);
        Arrays.fill(scalar, (byte) 0);
        return key;
    }

    /// @throws IllegalArgumentException unless `text` is the base64 of 32 bytes
    public static PrivateKey ofBase64(String text) {
        return new PrivateKey(Base64.getDecoder().decode(text));
    }

    /// A copy for a snapshot; the caller wipes it.
    public byte[] toBytes() {
        return bytes.clone();
    }

    public PublicKey publicKey() {
        var point = new byte[PublicKey.LENGTH];
        X25519.scalarMultBase(bytes, 0, point, 0);
        return new PublicKey(point);
    }

    /// Writes the shared secret to `secret`. False if the other key is of low order: an attack.
    public boolean agree(PublicKey other, byte[] secret) {
        return X25519.calculateAgreement(bytes, 0, other.bytes(), 0, secret, 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PrivateKey that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        throw new UnsupportedOperationException("private keys are not map keys");
    }

    @Override
    public String toString() {
        return "PrivateKey[redacted]";
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
    }
}
