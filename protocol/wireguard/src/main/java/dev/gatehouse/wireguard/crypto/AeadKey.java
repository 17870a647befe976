package dev.gatehouse.wireguard.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// One direction's ChaCha20-Poly1305 key. Never prints, wipes on close.
///
/// The counters used with it must never repeat for sealing: the owner counts.
public final class AeadKey implements AutoCloseable {
    public static final int LENGTH = 32;

    private static final VarHandle WORDS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes = new byte[LENGTH];
    private boolean closed;

    /// Takes a copy of 32 bytes; the caller wipes its own.
    public AeadKey(byte[] source, int offset) {
        System.arraycopy(source, offset, bytes, 0, LENGTH);
    }

    public boolean isClosed() {
        return closed;
    }

    byte[] bytes() {
        if (closed) {
            throw new IllegalStateException("the key is wiped");
        }
        return bytes;
    }

    /// Word `i` of the key, 0 to 7, as ChaCha20 reads it.
    int word(int i) {
        return (int) WORDS.get(bytes(), 4 * i);
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
        closed = true;
    }

    @Override
    public String toString() {
        return "AeadKey[redacted]";
    }
}
