package dev.gatehouse.wireguard.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The JDK's own cipher: works everywhere, is the slowest.
///
/// The JCA wants a fresh initialisation for each nonce and allocates for it, which no caller can
/// avoid; this class adds nothing to that. It works on arrays because the provider would copy
/// direct buffers through freshly allocated ones.
final class JdkAead implements Aead {
    private static final int SCRATCH_LENGTH = 0x10000 + TAG_LENGTH;

    private final AeadBatch batch = new AeadBatch();
    private final Cipher cipher;
    private final byte[] nonce = new byte[12];
    private final byte[] input = new byte[SCRATCH_LENGTH];
    private final byte[] output = new byte[SCRATCH_LENGTH];

    JdkAead() {
        try {
            cipher = Cipher.getInstance("ChaCha20-Poly1305");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks ChaCha20-Poly1305", e);
        }
    }

    @Override
    public String name() {
        return "jdk";
    }

    @Override
    public AeadBatch batch() {
        return batch;
    }

    @Override
    public void seal(AeadKey key, ByteBuffer in, ByteBuffer out, AeadBatch batch) {
        var secret = new SecretKeySpec(key.bytes(), "ChaCha20");
        try {
            for (int i = 0; i < batch.count(); i++) {
                int length = batch.length(i);
                in.get(batch.source(i), input, 0, length);
                init(Cipher.ENCRYPT_MODE, secret, batch.counter(i));
                int written = cipher.doFinal(input, 0, length, output, 0);
                out.put(batch.target(i), output, 0, written);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing failed", e);
        }
    }

    @Override
    public void open(AeadKey key, ByteBuffer inOut, AeadBatch batch) {
        var secret = new SecretKeySpec(key.bytes(), "ChaCha20");
        for (int i = 0; i < batch.count(); i++) {
            batch.authentic(i, open(secret, inOut, batch, i));
        }
    }

    private boolean open(SecretKeySpec secret, ByteBuffer inOut, AeadBatch batch, int i) {
        int sealedLength = batch.length(i) + TAG_LENGTH;
        inOut.get(batch.source(i), input, 0, sealedLength);
        try {
            init(Cipher.DECRYPT_MODE, secret, batch.counter(i));
            int written = cipher.doFinal(input, 0, sealedLength, output, 0);
            inOut.put(batch.target(i), output, 0, written);
            return true;
        } catch (AEADBadTagException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening failed", e);
        }
    }

    private void init(int mode, SecretKeySpec secret, long counter)
            throws GeneralSecurityException {
        for (int i = 0; i < 8; i++) {
            nonce[4 + i] = (byte) (counter >>> 8 * i);
        }
        cipher.init(mode, secret, new IvParameterSpec(nonce));
    }

    /// Nothing of a key outlives a call but the last packet and the cipher's state.
    @Override
    public void forget(AeadKey key) {
        wipe();
    }

    @Override
    public void close() {
        wipe();
    }

    private void wipe() {
        Arrays.fill(input, (byte) 0);
        Arrays.fill(output, (byte) 0);
    }
}
