package dev.gatehouse.wireguard.handshake;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/// HASH, MAC, HMAC and KDF of the WireGuard paper, section 5.4, over BLAKE2s.
final class Blake2s {
    static final int HASH_LENGTH = 32;
    static final int MAC_LENGTH = 16;

    private Blake2s() {}

    static byte[] hash(byte[]... parts) {
        var digest = new Blake2sDigest(8 * HASH_LENGTH);
        for (var part : parts) {
            digest.update(part, 0, part.length);
        }
        var out = new byte[HASH_LENGTH];
        digest.doFinal(out, 0);
        return out;
    }

    /// Keyed BLAKE2s with 16 bytes of output over the first `length` bytes of `input`.
    static byte[] mac(byte[] key, byte[] input, int length) {
        var digest = new Blake2sDigest(key, MAC_LENGTH, null, null);
        digest.update(input, 0, length);
        var out = new byte[MAC_LENGTH];
        digest.doFinal(out, 0);
        return out;
    }

    static byte[] hmac(byte[] key, byte[]... parts) {
        var hmac = new HMac(new Blake2sDigest(8 * HASH_LENGTH));
        hmac.init(new KeyParameter(key));
        for (var part : parts) {
            hmac.update(part, 0, part.length);
        }
        var out = new byte[HASH_LENGTH];
        hmac.doFinal(out, 0);
        return out;
    }

    /// The first `outputs` results of KDF, 32 bytes each.
    static byte[][] kdf(int outputs, byte[] key, byte[] input) {
        var results = new byte[outputs][];
        byte[] secret = hmac(key, input);
        byte[] previous = {};
        for (int i = 0; i < outputs; i++) {
            results[i] = hmac(secret, previous, new byte[] {(byte) (i + 1)});
            previous = results[i];
        }
        Arrays.fill(secret, (byte) 0);
        return results;
    }
}
