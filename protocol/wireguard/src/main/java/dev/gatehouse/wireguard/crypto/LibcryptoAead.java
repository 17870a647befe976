package dev.gatehouse.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/// OpenSSL's EVP interface through foreign calls: one context a direction, everything else
/// allocated once.
final class LibcryptoAead implements Aead {
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int NONCE_COUNTER_OFFSET = 4;
    private static final int DECRYPT = 0;
    private static final int ENCRYPT = 1;

    private final AeadBatch batch = new AeadBatch();
    private final BufferAddresses addresses = new BufferAddresses();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment nonce = arena.allocate(12);
    private final MemorySegment keyBytes = arena.allocate(AeadKey.LENGTH);
    private final MemorySegment outLength = arena.allocate(ValueLayout.JAVA_INT);
    private final long nonceAddress = nonce.address();
    private final long keyAddress = keyBytes.address();
    private final long outLengthAddress = outLength.address();
    private final long sealContext = newContext(ENCRYPT);
    private final long openContext = newContext(DECRYPT);
    private AeadKey sealKey;
    private AeadKey openKey;

    private long newContext(int direction) {
        long context = Libcrypto.contextNew();
        if (context == 0) {
            throw new IllegalStateException("libcrypto gave no cipher context");
        }
        check(Libcrypto.init(context, Libcrypto.cipher(), keyAddress, nonceAddress, direction));
        return context;
    }

    @Override
    public String name() {
        return "libcrypto";
    }

    @Override
    public AeadBatch batch() {
        return batch;
    }

    @Override
    public void seal(AeadKey key, ByteBuffer in, ByteBuffer out, AeadBatch batch) {
        seal(key, in, out, batch, 0);
    }

    /// As the other one, from packet `from` on.
    void seal(AeadKey key, ByteBuffer in, ByteBuffer out, AeadBatch batch, int from) {
        long inAddress = addresses.of(in);
        long outAddress = addresses.of(out);
        if (sealKey != key) {
            load(sealContext, key, ENCRYPT);
            sealKey = key;
        }
        for (int i = from; i < batch.count(); i++) {
            int length = batch.length(i);
            Objects.checkFromIndexSize(batch.source(i), length, in.capacity());
            Objects.checkFromIndexSize(batch.target(i), length + TAG_LENGTH, out.capacity());
            long target = outAddress + batch.target(i);
            nonce.set(LONG_LE, NONCE_COUNTER_OFFSET, batch.counter(i));
            int done = Libcrypto.init(sealContext, 0, 0, nonceAddress, ENCRYPT);
            if (length > 0) {
                long source = inAddress + batch.source(i);
                done &= Libcrypto.update(sealContext, target, outLengthAddress, source, length);
            }
            done &= Libcrypto.finish(sealContext, target + length, outLengthAddress);
            done &=
                    Libcrypto.control(
                            sealContext,
                            Libcrypto.EVP_CTRL_AEAD_GET_TAG,
                            TAG_LENGTH,
                            target + length);
            check(done);
        }
    }

    @Override
    public void open(AeadKey key, ByteBuffer inOut, AeadBatch batch) {
        open(key, inOut, batch, 0);
    }

    /// As the other one, from packet `from` on.
    void open(AeadKey key, ByteBuffer inOut, AeadBatch batch, int from) {
        long address = addresses.of(inOut);
        if (openKey != key) {
            load(openContext, key, DECRYPT);
            openKey = key;
        }
        for (int i = from; i < batch.count(); i++) {
            int length = batch.length(i);
            Objects.checkFromIndexSize(batch.source(i), length + TAG_LENGTH, inOut.capacity());
            Objects.checkFromIndexSize(batch.target(i), length, inOut.capacity());
            long source = address + batch.source(i);
            long target = address + batch.target(i);
            nonce.set(LONG_LE, NONCE_COUNTER_OFFSET, batch.counter(i));
            int done = Libcrypto.init(openContext, 0, 0, nonceAddress, DECRYPT);
            done &=
                    Libcrypto.control(
                            openContext,
                            Libcrypto.EVP_CTRL_AEAD_SET_TAG,
                            TAG_LENGTH,
                            source + length);
            if (length > 0) {
                done &= Libcrypto.update(openContext, target, outLengthAddress, source, length);
            }
            check(done);
            batch.authentic(
                    i, Libcrypto.finish(openContext, target + length, outLengthAddress) == 1);
        }
    }

    private void load(long context, AeadKey key, int direction) {
        MemorySegment.copy(key.bytes(), 0, keyBytes, ValueLayout.JAVA_BYTE, 0, AeadKey.LENGTH);
        check(Libcrypto.init(context, 0, keyAddress, nonceAddress, direction));
        keyBytes.fill((byte) 0);
    }

    private static void check(int done) {
        if (done != 1) {
            throw new IllegalStateException("libcrypto refused a call");
        }
    }

    @Override
    public void forget(AeadKey key) {
        if (sealKey == key) {
            sealKey = null;
            check(Libcrypto.init(sealContext, 0, keyAddress, nonceAddress, ENCRYPT));
        }
        if (openKey == key) {
            openKey = null;
            check(Libcrypto.init(openContext, 0, keyAddress, nonceAddress, DECRYPT));
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            Libcrypto.contextFree(sealContext); // wipes the key schedule
            Libcrypto.contextFree(openContext);
            arena.close();
        }
    }
}
