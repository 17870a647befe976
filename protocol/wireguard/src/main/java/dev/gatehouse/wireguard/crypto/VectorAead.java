package dev.gatehouse.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.IntVector;

/// ChaCha20 of up to 16 packets at once in 512-bit vectors, Poly1305 by libcrypto.
///
/// Until [#handleWarmedUp], and where most lanes would stay empty, packets go to libcrypto: vector
/// code crawls before the compiler has seen it.
final class VectorAead implements Aead {
    private static final int LANES = ChaCha20Lanes.LANE_COUNT;
    private static final int BLOCK_LENGTH = ChaCha20Lanes.BLOCK_LENGTH;
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// 16 lanes cost as much as so many packets by libcrypto's cipher.
    private static final int WORTH_PACKETS = 4;

    private static final int WARM_UP_ROUNDS = 20_000;
    private static final int WARM_UP_LENGTH = 1280;

    private final LibcryptoAead libcrypto = new LibcryptoAead();
    private final BufferAddresses addresses = new BufferAddresses();
    private final MemorySegment memory = Libcrypto.allMemory();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment macKeys = arena.allocate(LANES * AeadKey.LENGTH);
    private final MemorySegment macTail = arena.allocate(32);
    private final MemorySegment tag = arena.allocate(TAG_LENGTH);
    private final MemorySegment tagLength = arena.allocate(ValueLayout.JAVA_LONG);
    private final long macContext;
    private AeadKey key;
    private ChaCha20Lanes lanes; // null until warmed up: loading vector classes takes its time

    VectorAead() {
        macContext = Libcrypto.macContextNew("POLY1305");
        if (macContext == 0) {
            throw new IllegalStateException("libcrypto has no Poly1305");
        }
    }

    /// Whether the processor has vectors wide enough; the JVM must know the vector module.
    static boolean isSupported() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                && Libcrypto.isAvailable()
                && IntVector.SPECIES_PREFERRED.length() == LANES;
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public AeadBatch batch() {
        return libcrypto.batch();
    }

    @Override
    public void seal(AeadKey key, ByteBuffer in, ByteBuffer out, AeadBatch batch) {
        int end = lanesEnd(batch);
        if (end < batch.count()) {
            libcrypto.seal(key, in, out, batch, end);
        }
        if (end == 0) {
            return;
        }
        long inAddress = addresses.of(in);
        long outAddress = addresses.of(out);
        use(key);
        for (int from = 0; from < end; from += LANES) {
            int to = Math.min(from + LANES, end);
            for (int i = from; i < to; i++) {
                int length = batch.length(i);
                Objects.checkFromIndexSize(batch.source(i), length, in.capacity());
                Objects.checkFromIndexSize(batch.target(i), length + TAG_LENGTH, out.capacity());
            }
            makeMacKeys(batch, from, to);
            xor(batch, from, to, inAddress, outAddress);
            for (int i = from; i < to; i++) {
                long text = outAddress + batch.target(i);
                mac(i - from, text, batch.length(i), text + batch.length(i));
            }
        }
    }

    @Override
    public void open(AeadKey key, ByteBuffer inOut, AeadBatch batch) {
        int end = lanesEnd(batch);
        if (end < batch.count()) {
            libcrypto.open(key, inOut, batch, end);
        }
        if (end == 0) {
            return;
        }
        long address = addresses.of(inOut);
        use(key);
        for (int from = 0; from < end; from += LANES) {
            int to = Math.min(from + LANES, end);
            makeMacKeys(batch, from, to);
            for (int i = from; i < to; i++) {
                int length = batch.length(i);
                Objects.checkFromIndexSize(batch.source(i), length + TAG_LENGTH, inOut.capacity());
                Objects.checkFromIndexSize(batch.target(i), length, inOut.capacity());
                long text = address + batch.source(i);
                mac(i - from, text, length, tag.address());
                batch.authentic(i, isTag(text + length));
            }
            xor(batch, from, to, address, address);
        }
    }

    /// Packets before this one are worth their lanes; a last group that fills few is not.
    private int lanesEnd(AeadBatch batch) {
        int tail = batch.count() % LANES;
        int end = tail < WORTH_PACKETS ? batch.count() - tail : batch.count();
        if (lanes == null || end == 0) {
            return 0;
        }
        int longest = 0;
        int sum = 0;
        for (int i = 0; i < end; i++) {
            longest = Math.max(longest, batch.length(i));
            sum += batch.length(i);
        }
        int groups = (end + LANES - 1) / LANES;
        return sum > 0 && sum >= WORTH_PACKETS * longest * groups ? end : 0;
    }

    private void use(AeadKey next) {
        if (key != next) {
            lanes.key(next);
            key = next;
        }
    }

    /// The first half of each packet's block 0 is its Poly1305 key.
    private void makeMacKeys(AeadBatch batch, int from, int to) {
        for (int i = from; i < to; i++) {
            lanes.counter(i - from, batch.counter(i));
        }
        lanes.block(0);
        for (int lane = 0; lane < to - from; lane++) {
            lanes.firstHalf(lane, macKeys, (long) lane * AeadKey.LENGTH);
        }
    }

    /// Every packet from `from` to `to` XOR its key stream from block 1 on.
    private void xor(AeadBatch batch, int from, int to, long sources, long targets) {
        int longest = 0;
        for (int i = from; i < to; i++) {
            longest = Math.max(longest, batch.length(i));
        }
        for (int done = 0; done < longest; done += BLOCK_LENGTH) {
            lanes.block(1 + done / BLOCK_LENGTH);
            for (int i = from; i < to; i++) {
                int left = batch.length(i) - done;
                long source = sources + batch.source(i) + done;
                long target = targets + batch.target(i) + done;
                if (left >= BLOCK_LENGTH) {
                    lanes.xorBlock(i - from, memory, source, target);
                } else if (left > 0) {
                    xorPart(i - from, source, target, left);
                }
            }
        }
    }

    private void xorPart(int lane, long source, long target, int length) {
        int at = 0;
        for (; at + 4 <= length; at += 4) {
            int word = memory.get(INT_LE, source + at) ^ lanes.word(lane, at / 4);
            memory.set(INT_LE, target + at, word);
        }
        for (; at < length; at++) {
            int stream = lanes.word(lane, at / 4) >>> 8 * (at % 4);
            byte text = memory.get(ValueLayout.JAVA_BYTE, source + at);
            memory.set(ValueLayout.JAVA_BYTE, target + at, (byte) (text ^ stream));
        }
    }

    /// Writes the tag of `length` bytes of ciphertext at `text`, RFC 8439 section 2.8.
    private void mac(int lane, long text, int length, long target) {
        int padding = -length & 15;
        macTail.set(LONG_LE, 0, 0);
        macTail.set(LONG_LE, 8, 0);
        macTail.set(LONG_LE, padding, 0); // length of the associated data
        macTail.set(LONG_LE, padding + 8L, length);
        long macKey = macKeys.address() + (long) lane * AeadKey.LENGTH;
        int done = Libcrypto.macInit(macContext, macKey, AeadKey.LENGTH);
        done &= Libcrypto.macUpdate(macContext, text, length);
        done &= Libcrypto.macUpdate(macContext, macTail.address(), padding + 16L);
        done &= Libcrypto.macFinish(macContext, target, tagLength.address(), TAG_LENGTH);
        if (done != 1) {
            throw new IllegalStateException("libcrypto refused a call");
        }
    }

    /// Compares without a branch on the content.
    private boolean isTag(long address) {
        long low = memory.get(LONG_LE, address) ^ tag.get(LONG_LE, 0);
        long high = memory.get(LONG_LE, address + 8) ^ tag.get(LONG_LE, 8);
        return (low | high) == 0;
    }

    @Override
    public void forget(AeadKey key) {
        libcrypto.forget(key);
        if (this.key == key) { // hence there are lanes
            this.key = null;
            lanes.wipe();
            macKeys.fill((byte) 0);
        }
    }

    @Override
    public void warmUp() {
        int stride = WARM_UP_LENGTH + TAG_LENGTH;
        var in = ByteBuffer.allocateDirect(LANES * stride);
        var out = ByteBuffer.allocateDirect(LANES * stride);
        handleWarmedUp();
        check(in, stride);
        try (var key = new AeadKey(new byte[AeadKey.LENGTH], 0)) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                fillWarmUpBatch(round, 0, stride);
                seal(key, in, out, batch());
                fillWarmUpBatch(round, stride, stride);
                open(key, out, batch());
            }
            forget(key);
        }
        check(in, stride); // again, with what was compiled
    }

    private void fillWarmUpBatch(int round, int sourceStride, int targetStride) {
        batch().clear();
        for (int i = 0; i < LANES; i++) {
            int length = WARM_UP_LENGTH - (i == round % LANES ? round % BLOCK_LENGTH : 0);
            batch().add(i, round, i * sourceStride, i * targetStride, length);
        }
    }

    /// Compares with libcrypto: what the compiler makes of vector code depends on the processor.
    private void check(ByteBuffer in, int stride) {
        var actual = ByteBuffer.allocateDirect(LANES * stride);
        var expected = ByteBuffer.allocateDirect(LANES * stride);
        for (int i = 0; i < in.capacity(); i++) {
            in.put(i, (byte) (i * 31));
        }
        try (var key = new AeadKey(new byte[AeadKey.LENGTH], 0)) {
            fillWarmUpBatch(1, stride, stride);
            seal(key, in, actual, batch());
            libcrypto.seal(key, in, expected, batch());
            forget(key);
        }
        if (!actual.equals(expected)) {
            throw new IllegalStateException("the vector key stream is wrong");
        }
    }

    @Override
    public void handleWarmedUp() {
        if (lanes == null) {
            lanes = new ChaCha20Lanes();
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            if (lanes != null) {
                lanes.wipe();
            }
            macKeys.fill((byte) 0);
            Libcrypto.macContextFree(macContext);
            arena.close();
            libcrypto.close();
        }
    }
}
