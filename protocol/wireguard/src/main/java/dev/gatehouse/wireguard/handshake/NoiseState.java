package dev.gatehouse.wireguard.handshake;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gatehouse.wireguard.crypto.AeadKey;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.util.Arrays;

/// Chaining key and hash of one handshake, WireGuard paper section 5.4.
final class NoiseState implements AutoCloseable {
    private static final byte[] CONSTRUCTION =
            "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(US_ASCII);
    private static final byte[] IDENTIFIER =
            "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(US_ASCII);
    private static final byte[] INITIAL_CHAIN = Blake2s.hash(CONSTRUCTION);
    private static final byte[] INITIAL_HASH = Blake2s.hash(INITIAL_CHAIN, IDENTIFIER);

    private byte[] chain = INITIAL_CHAIN.clone();
    private byte[] hash;

    /// @param responder static key of the side that answers
    NoiseState(PublicKey responder) {
        hash = Blake2s.hash(INITIAL_HASH, responder.toBytes());
    }

    private NoiseState(NoiseState other) {
        chain = other.chain.clone();
        hash = other.hash.clone();
    }

    NoiseState copy() {
        return new NoiseState(this);
    }

    byte[] hash() {
        return hash;
    }

    void mixHash(byte[] data) {
        hash = Blake2s.hash(hash, data);
    }

    /// An ephemeral key enters hash and chain.
    void mixEphemeral(byte[] key) {
        mixHash(key);
        mixKey(key);
    }

    void mixKey(byte[] input) {
        become(Blake2s.kdf(1, chain, input));
    }

    /// Mixes a shared secret in and returns the key for the next field.
    byte[] mixKeyForField(byte[] input) {
        return become(Blake2s.kdf(2, chain, input))[1];
    }

    /// Mixes the preshared key in and returns the key for the next field.
    byte[] mixPreshared(PresharedKey psk) {
        byte[] copy = psk.toBytes();
        var results = become(Blake2s.kdf(3, chain, copy));
        Arrays.fill(copy, (byte) 0);
        mixHash(results[1]);
        return results[2];
    }

    /// The keys of the session; the first one is the initiator's sending key.
    AeadKey[] split() {
        var results = Blake2s.kdf(2, chain, new byte[0]);
        var keys = new AeadKey[] {new AeadKey(results[0], 0), new AeadKey(results[1], 0)};
        Arrays.fill(results[0], (byte) 0);
        Arrays.fill(results[1], (byte) 0);
        return keys;
    }

    private byte[][] become(byte[][] results) {
        Arrays.fill(chain, (byte) 0);
        chain = results[0];
        return results;
    }

    @Override
    public void close() {
        Arrays.fill(chain, (byte) 0);
        Arrays.fill(hash, (byte) 0);
    }
}
