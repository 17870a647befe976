package dev.gatehouse.wireguard.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every implementation that works here against BouncyCastle's.
class AeadPropertyTest {
    private static final int TAG = Aead.TAG_LENGTH;
    private static final int LENGTH_MAX = 1500;
    private static final int GAP = 20;

    static Stream<Aead> implementations() {
        return Aeads.NAMES.stream()
                .flatMap(name -> Aeads.open(name).stream())
                .peek(Aead::handleWarmedUp); // correct before the compiler has seen it, too
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void batchesOfEverySizeEqualTheReference(Aead aead) {
        var random = new SplittableRandom(7);
        for (int count = 1; count <= AeadBatch.PACKETS_MAX; count++) {
            checkBatch(aead, random, count, random.nextLong() >>> random.nextInt(1, 60), false);
            checkBatch(aead, random, count, random.nextLong() >>> random.nextInt(1, 60), true);
        }
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void everyLengthEqualsTheReference(Aead aead) {
        var random = new SplittableRandom(8);
        for (int length = 0; length <= LENGTH_MAX; length += AeadBatch.PACKETS_MAX) {
            var batch = new AeadBatch();
            var plains = new byte[AeadBatch.PACKETS_MAX][];
            for (int i = 0; i < AeadBatch.PACKETS_MAX; i++) {
                plains[i] = bytes(random, length + i);
            }
            check(aead, bytes(random, 32), plains, counters(AeadBatch.PACKETS_MAX, 0), batch);
        }
    }

    private static void checkBatch(
            Aead aead, SplittableRandom random, int count, long counter, boolean isMixed) {
        int common = random.nextInt(LENGTH_MAX + 1);
        var plains = new byte[count][];
        for (int i = 0; i < count; i++) {
            plains[i] = bytes(random, isMixed ? random.nextInt(LENGTH_MAX + 1) : common);
        }
        var counters = counters(count, counter);
        if (isMixed) {
            counters[count / 2] = random.nextLong(); // opening sees gaps
        }
        check(aead, bytes(random, 32), plains, counters, new AeadBatch());
    }

    private static long[] counters(int count, long first) {
        var counters = new long[count];
        Arrays.setAll(counters, i -> first + i);
        return counters;
    }

    /// Seals, compares with the reference, opens, and opens again with one bit wrong.
    private static void check(
            Aead aead, byte[] keyBytes, byte[][] plains, long[] counters, AeadBatch batch) {
        int stride = LENGTH_MAX + 64 + TAG + GAP;
        var in = ByteBuffer.allocateDirect(plains.length * stride);
        var out = ByteBuffer.allocateDirect(plains.length * stride);
        batch.clear();
        int target = 3;
        for (int i = 0; i < plains.length; i++) {
            in.put(i * stride, plains[i]);
            batch.add(i, counters[i], i * stride, target, plains[i].length);
            target += plains[i].length + TAG + GAP;
        }
        try (var key = new AeadKey(keyBytes, 0)) {
            aead.seal(key, in, out, batch);
            var opening = new AeadBatch();
            for (int i = 0; i < plains.length; i++) {
                int at = batch.target(i);
                assertThat(slice(out, at, plains[i].length + TAG))
                        .as("%s, packet %d of %d", aead.name(), i, plains.length)
                        .isEqualTo(reference(true, keyBytes, counters[i], plains[i]));
                opening.add(i, counters[i], at, at, plains[i].length);
            }
            int bad = plains.length / 3;
            int badAt = batch.target(bad) + plains[bad].length / 2;
            out.put(badAt, (byte) (out.get(badAt) ^ 4));
            aead.open(key, out, opening);
            for (int i = 0; i < plains.length; i++) {
                assertThat(opening.isAuthentic(i)).isEqualTo(i != bad);
                if (i != bad) {
                    assertThat(slice(out, batch.target(i), plains[i].length)).isEqualTo(plains[i]);
                }
            }
            aead.forget(key);
        }
    }

    /// RFC 8439 appendix A.5 has associated data, so only its ciphertext can be compared.
    @ParameterizedTest
    @MethodSource("implementations")
    void keyStreamIsThatOfRfc8439AppendixA5(Aead aead) {
        byte[] plain =
                ("Internet-Drafts are draft documents valid for a maximum of six months and may"
                                + " be updated, replaced, or obsoleted by other documents at any"
                                + " time. It is inappropriate to use Internet-Drafts as reference"
                                + " material or to cite them other than as /“work in progress./”")
                        .getBytes(UTF_8);
        byte[] expected =
                hex(
"""
64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2
4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf
332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855
9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4
""");
        var in = ByteBuffer.allocateDirect(plain.length).put(0, plain);
        var out = ByteBuffer.allocateDirect(plain.length + TAG);
        var batch = new AeadBatch();
        batch.add(0, 0x0807060504030201L, 0, 0, plain.length);

        var keyBytes = hex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
        try (var key = new AeadKey(keyBytes, 0)) {
            aead.seal(key, in, out, batch);
            aead.forget(key);
        }

        assertThat(slice(out, 0, expected.length)).isEqualTo(expected);
    }

    @Test
    void aKnownNameIsChosenAndAnUnknownOneIsRefused() {
        assertThat(Aeads.choose(Optional.of("jdk")).name()).isEqualTo("jdk");
        assertThat(Aeads.NAMES).contains(Aeads.choose(Optional.empty()).name());
        assertThatThrownBy(() -> Aeads.choose(Optional.of("rot13")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rot13");
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void compiledCodeComputesTheSame(Aead aead) {
        aead.warmUp(); // throws if it does not

        checkBatch(aead, new SplittableRandom(9), 48, 1L << 40, false);
    }

    @Test
    void keysAreWipedOnCloseAndNeverPrinted() {
        var key = new AeadKey(new byte[32], 0);
        key.close();

        assertThat(key.toString()).isEqualTo("AeadKey[redacted]");
        assertThatThrownBy(key::bytes).isInstanceOf(IllegalStateException.class);
    }

    private static byte[] reference(boolean sealing, byte[] key, long counter, byte[] text) {
        var nonce = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(4, counter);
        var cipher = new ChaCha20Poly1305();
        cipher.init(sealing, new AEADParameters(new KeyParameter(key), 128, nonce.array()));
        var out = new byte[cipher.getOutputSize(text.length)];
        int written = cipher.processBytes(text, 0, text.length, out, 0);
        try {
            cipher.doFinal(out, written);
        } catch (InvalidCipherTextException e) {
            throw new AssertionError(e);
        }
        return out;
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] slice(ByteBuffer b, int offset, int length) {
        var bytes = new byte[length];
        b.get(offset, bytes);
        return bytes;
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
}
