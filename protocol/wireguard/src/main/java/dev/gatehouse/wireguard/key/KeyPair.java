package dev.gatehouse.wireguard.key;

import java.util.random.RandomGenerator;

/// A Curve25519 private key and the public key that belongs to it.
public record KeyPair(PrivateKey privateKey, PublicKey publicKey) {
    /// @param random a cryptographically strong source outside of tests
    public static KeyPair generate(RandomGenerator random) {
        return of(PrivateKey.generate(random));
    }

    public static KeyPair of(PrivateKey privateKey) {
        return new KeyPair(privateKey, privateKey.publicKey());
    }
}
