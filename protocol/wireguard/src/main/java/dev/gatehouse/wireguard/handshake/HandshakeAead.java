package dev.gatehouse.wireguard.handshake;

import java.util.Optional;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.XChaCha20Poly1305;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/// AEAD and XAEAD of the WireGuard paper for the short fields of handshakes and cookie replies.
final class HandshakeAead {
    static final int TAG_LENGTH = 16;
    static final int EXTENDED_NONCE_LENGTH = 24;

    private static final byte[] ZERO_NONCE = new byte[12];

    private HandshakeAead() {}

    /// Each key seals once, so the nonce is always zero.
    static byte[] seal(byte[] key, byte[] plain, byte[] associated) {
        return seal(key, ZERO_NONCE, plain, associated);
    }

    static byte[] seal(byte[] key, byte[] nonce, byte[] plain, byte[] associated) {
        return sealed(run(cipher(true, key, nonce, associated), plain));
    }

    /// Empty if the tag is wrong.
    static Optional<byte[]> open(byte[] key, byte[] sealed, byte[] associated) {
        return run(cipher(false, key, ZERO_NONCE, associated), sealed);
    }

    static byte[] sealExtended(byte[] key, byte[] nonce, byte[] plain, byte[] associated) {
        return sealed(run(extended(true, key, nonce, associated), plain));
    }

    /// Empty if the tag is wrong.
    static Optional<byte[]> openExtended(
            byte[] key, byte[] nonce, byte[] sealed, byte[] associated) {
        return run(extended(false, key, nonce, associated), sealed);
    }

    private static AEADCipher cipher(boolean sealing, byte[] key, byte[] nonce, byte[] associated) {
        var cipher = new ChaCha20Poly1305();
        cipher.init(sealing, parameters(key, nonce, associated));
        return cipher;
    }

    private static AEADCipher extended(
            boolean sealing, byte[] key, byte[] nonce, byte[] associated) {
        var cipher = new XChaCha20Poly1305();
        cipher.init(sealing, parameters(key, nonce, associated));
        return cipher;
    }

    private static AEADParameters parameters(byte[] key, byte[] nonce, byte[] associated) {
        return new AEADParameters(new KeyParameter(key), 8 * TAG_LENGTH, nonce, associated);
    }

    private static Optional<byte[]> run(AEADCipher cipher, byte[] input) {
        var out = new byte[cipher.getOutputSize(input.length)];
        int written = cipher.processBytes(input, 0, input.length, out, 0);
        try {
            written += cipher.doFinal(out, written);
        } catch (InvalidCipherTextException _) {
            return Optional.empty();
        }
        assert written == out.length : written;
        return Optional.of(out);
    }

    private static byte[] sealed(Optional<byte[]> result) {
        return result.orElseThrow(() -> new IllegalStateException("sealing cannot fail"));
    }
}
