package dev.gatehouse.wireguard.crypto;

import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// The ChaCha20 key stream of 16 packets at once, RFC 8439 section 2.3: one lane of 512-bit vectors
/// a packet, all with one key and one block number.
///
/// [#permute] computes the state word by word, [#transpose] turns that into blocks. Both are loops
/// over arrays that stay in the first-level cache; what has to stay in registers is the 20 rounds.
final class ChaCha20Lanes {
    static final int LANE_COUNT = 16;
    static final int BLOCK_LENGTH = 64;

    private static final VectorSpecies<Integer> LANES = IntVector.SPECIES_512;
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int WORDS = 16;
    private static final int DOUBLE_ROUNDS = 10;
    private static final int SIGMA_0 = 0x61707865; // "expand 32-byte k"
    private static final int SIGMA_1 = 0x3320646e;
    private static final int SIGMA_2 = 0x79622d32;
    private static final int SIGMA_3 = 0x6b206574;

    // Each picks 16 of the 32 words of two vectors, the second one's being 16 to 31.
    private static final IntVector LOW_WORDS = pick(0, 16, 1, 17);
    private static final IntVector HIGH_WORDS = pick(2, 18, 3, 19);
    private static final IntVector LOW_PAIRS = pick(0, 1, 16, 17);
    private static final IntVector HIGH_PAIRS = pick(2, 3, 18, 19);
    private static final IntVector LOW_QUADS = pickQuads(0, 1, 4, 5);
    private static final IntVector HIGH_QUADS = pickQuads(2, 3, 6, 7);
    private static final IntVector EVEN_QUADS = pickQuads(0, 2, 4, 6);
    private static final IntVector ODD_QUADS = pickQuads(1, 3, 5, 7);

    private final int[] key = new int[8];
    private final int[] counterLow = new int[LANE_COUNT];
    private final int[] counterHigh = new int[LANE_COUNT];
    private final int[] words = new int[WORDS * LANE_COUNT]; // by word, then lane
    private final int[] blocks = new int[WORDS * LANE_COUNT]; // by lane, then word

    /// The same pick in each group of 4 words.
    private static IntVector pick(int a, int b, int c, int d) {
        var indices = new int[LANE_COUNT];
        for (int i = 0; i < LANE_COUNT; i += 4) {
            indices[i] = a + i;
            indices[i + 1] = b + i;
            indices[i + 2] = c + i;
            indices[i + 3] = d + i;
        }
        return IntVector.fromArray(LANES, indices, 0);
    }

    /// Whole groups of 4 words, 0 to 7.
    private static IntVector pickQuads(int... quads) {
        var indices = new int[LANE_COUNT];
        Arrays.setAll(indices, i -> 4 * quads[i / 4] + i % 4);
        return IntVector.fromArray(LANES, indices, 0);
    }

    void key(AeadKey source) {
        for (int i = 0; i < key.length; i++) {
            key[i] = source.word(i);
        }
    }

    void counter(int lane, long counter) {
        counterLow[lane] = (int) counter;
        counterHigh[lane] = (int) (counter >>> 32);
    }

    /// Makes block `number` of every lane.
    void block(int number) {
        permute(number);
        transposeWords();
        transposeQuads();
    }

    /// Word `i` of the block of `lane`.
    int word(int lane, int i) {
        return blocks[lane * WORDS + i];
    }

    /// Writes words 0 to 7 of the block of `lane`.
    void firstHalf(int lane, MemorySegment target, long offset) {
        for (int i = 0; i < WORDS / 2; i++) {
            target.set(INT_LE, offset + 4L * i, blocks[lane * WORDS + i]);
        }
    }

    /// Writes the block of `lane` XOR 64 bytes at `source` to `target`.
    void xorBlock(int lane, MemorySegment memory, long source, long target) {
        var text = IntVector.fromMemorySegment(LANES, memory, source, ByteOrder.LITTLE_ENDIAN);
        text.lanewise(XOR, IntVector.fromArray(LANES, blocks, lane * WORDS))
                .intoMemorySegment(memory, target, ByteOrder.LITTLE_ENDIAN);
    }

    private void permute(int number) {
        var x0 = IntVector.broadcast(LANES, SIGMA_0);
        var x1 = IntVector.broadcast(LANES, SIGMA_1);
        var x2 = IntVector.broadcast(LANES, SIGMA_2);
        var x3 = IntVector.broadcast(LANES, SIGMA_3);
        var x4 = IntVector.broadcast(LANES, key[0]);
        var x5 = IntVector.broadcast(LANES, key[1]);
        var x6 = IntVector.broadcast(LANES, key[2]);
        var x7 = IntVector.broadcast(LANES, key[3]);
        var x8 = IntVector.broadcast(LANES, key[4]);
        var x9 = IntVector.broadcast(LANES, key[5]);
        var x10 = IntVector.broadcast(LANES, key[6]);
        var x11 = IntVector.broadcast(LANES, key[7]);
        var x12 = IntVector.broadcast(LANES, number);
        var x13 = IntVector.zero(LANES);
        var x14 = IntVector.fromArray(LANES, counterLow, 0);
        var x15 = IntVector.fromArray(LANES, counterHigh, 0);
        for (int i = 0; i < DOUBLE_ROUNDS; i++) {
            x0 = x0.add(x4);
            x12 = x12.lanewise(XOR, x0).lanewise(ROL, 16);
            x8 = x8.add(x12);
            x4 = x4.lanewise(XOR, x8).lanewise(ROL, 12);
            x0 = x0.add(x4);
            x12 = x12.lanewise(XOR, x0).lanewise(ROL, 8);
            x8 = x8.add(x12);
            x4 = x4.lanewise(XOR, x8).lanewise(ROL, 7);
            x1 = x1.add(x5);
            x13 = x13.lanewise(XOR, x1).lanewise(ROL, 16);
            x9 = x9.add(x13);
            x5 = x5.lanewise(XOR, x9).lanewise(ROL, 12);
            x1 = x1.add(x5);
            x13 = x13.lanewise(XOR, x1).lanewise(ROL, 8);
            x9 = x9.add(x13);
            x5 = x5.lanewise(XOR, x9).lanewise(ROL, 7);
            x2 = x2.add(x6);
            x14 = x14.lanewise(XOR, x2).lanewise(ROL, 16);
            x10 = x10.add(x14);
            x6 = x6.lanewise(XOR, x10).lanewise(ROL, 12);
            x2 = x2.add(x6);
            x14 = x14.lanewise(XOR, x2).lanewise(ROL, 8);
            x10 = x10.add(x14);
            x6 = x6.lanewise(XOR, x10).lanewise(ROL, 7);
            x3 = x3.add(x7);
            x15 = x15.lanewise(XOR, x3).lanewise(ROL, 16);
            x11 = x11.add(x15);
            x7 = x7.lanewise(XOR, x11).lanewise(ROL, 12);
            x3 = x3.add(x7);
            x15 = x15.lanewise(XOR, x3).lanewise(ROL, 8);
            x11 = x11.add(x15);
            x7 = x7.lanewise(XOR, x11).lanewise(ROL, 7);

            x0 = x0.add(x5);
            x15 = x15.lanewise(XOR, x0).lanewise(ROL, 16);
            x10 = x10.add(x15);
            x5 = x5.lanewise(XOR, x10).lanewise(ROL, 12);
            x0 = x0.add(x5);
            x15 = x15.lanewise(XOR, x0).lanewise(ROL, 8);
            x10 = x10.add(x15);
            x5 = x5.lanewise(XOR, x10).lanewise(ROL, 7);
            x1 = x1.add(x6);
            x12 = x12.lanewise(XOR, x1).lanewise(ROL, 16);
            x11 = x11.add(x12);
            x6 = x6.lanewise(XOR, x11).lanewise(ROL, 12);
            x1 = x1.add(x6);
            x12 = x12.lanewise(XOR, x1).lanewise(ROL, 8);
            x11 = x11.add(x12);
            x6 = x6.lanewise(XOR, x11).lanewise(ROL, 7);
            x2 = x2.add(x7);
            x13 = x13.lanewise(XOR, x2).lanewise(ROL, 16);
            x8 = x8.add(x13);
            x7 = x7.lanewise(XOR, x8).lanewise(ROL, 12);
            x2 = x2.add(x7);
            x13 = x13.lanewise(XOR, x2).lanewise(ROL, 8);
            x8 = x8.add(x13);
            x7 = x7.lanewise(XOR, x8).lanewise(ROL, 7);
            x3 = x3.add(x4);
            x14 = x14.lanewise(XOR, x3).lanewise(ROL, 16);
            x9 = x9.add(x14);
            x4 = x4.lanewise(XOR, x9).lanewise(ROL, 12);
            x3 = x3.add(x4);
            x14 = x14.lanewise(XOR, x3).lanewise(ROL, 8);
            x9 = x9.add(x14);
            x4 = x4.lanewise(XOR, x9).lanewise(ROL, 7);
        }
        x0.add(SIGMA_0).intoArray(words, 0);
        x1.add(SIGMA_1).intoArray(words, 16);
        x2.add(SIGMA_2).intoArray(words, 32);
        x3.add(SIGMA_3).intoArray(words, 48);
        x4.add(key[0]).intoArray(words, 64);
        x5.add(key[1]).intoArray(words, 80);
        x6.add(key[2]).intoArray(words, 96);
        x7.add(key[3]).intoArray(words, 112);
        x8.add(key[4]).intoArray(words, 128);
        x9.add(key[5]).intoArray(words, 144);
        x10.add(key[6]).intoArray(words, 160);
        x11.add(key[7]).intoArray(words, 176);
        x12.add(number).intoArray(words, 192);
        x13.intoArray(words, 208);
        x14.add(IntVector.fromArray(LANES, counterLow, 0)).intoArray(words, 224);
        x15.add(IntVector.fromArray(LANES, counterHigh, 0)).intoArray(words, 240);
    }

    /// Exchanges the low two bits of word and lane numbers, from `words` to `words`.
    private void transposeWords() {
        for (int i = 0; i < WORDS * LANE_COUNT; i += 4 * LANE_COUNT) {
            var a = IntVector.fromArray(LANES, words, i);
            var b = IntVector.fromArray(LANES, words, i + 16);
            var c = IntVector.fromArray(LANES, words, i + 32);
            var d = IntVector.fromArray(LANES, words, i + 48);
            var lowAb = LOW_WORDS.selectFrom(a, b);
            var highAb = HIGH_WORDS.selectFrom(a, b);
            var lowCd = LOW_WORDS.selectFrom(c, d);
            var highCd = HIGH_WORDS.selectFrom(c, d);
            LOW_PAIRS.selectFrom(lowAb, lowCd).intoArray(words, i);
            HIGH_PAIRS.selectFrom(lowAb, lowCd).intoArray(words, i + 16);
            LOW_PAIRS.selectFrom(highAb, highCd).intoArray(words, i + 32);
            HIGH_PAIRS.selectFrom(highAb, highCd).intoArray(words, i + 48);
        }
    }

    /// Exchanges the high two bits of word and lane numbers, from `words` to `blocks`.
    private void transposeQuads() {
        for (int i = 0; i < 4 * LANE_COUNT; i += LANE_COUNT) {
            var a = IntVector.fromArray(LANES, words, i);
            var b = IntVector.fromArray(LANES, words, i + 64);
            var c = IntVector.fromArray(LANES, words, i + 128);
            var d = IntVector.fromArray(LANES, words, i + 192);
            var lowAb = LOW_QUADS.selectFrom(a, b);
            var highAb = HIGH_QUADS.selectFrom(a, b);
            var lowCd = LOW_QUADS.selectFrom(c, d);
            var highCd = HIGH_QUADS.selectFrom(c, d);
            EVEN_QUADS.selectFrom(lowAb, lowCd).intoArray(blocks, i);
            ODD_QUADS.selectFrom(lowAb, lowCd).intoArray(blocks, i + 64);
            EVEN_QUADS.selectFrom(highAb, highCd).intoArray(blocks, i + 128);
            ODD_QUADS.selectFrom(highAb, highCd).intoArray(blocks, i + 192);
        }
    }

    void wipe() {
        Arrays.fill(key, 0);
        Arrays.fill(words, 0);
        Arrays.fill(blocks, 0);
    }
}
