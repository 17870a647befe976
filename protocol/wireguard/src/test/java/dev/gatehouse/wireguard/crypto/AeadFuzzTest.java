package dev.gatehouse.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Gen;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// All implementations go through the same life: keys come and go, batches of all shapes are
/// sealed, damaged and opened. Each does what the first does, bit by bit.
class AeadFuzzTest {
    private static final int STEPS = 300;
    private static final int CHOICES_BYTES = 1 << 14;
    private static final int LENGTH_MAX = 1500;
    private static final int STRIDE = LENGTH_MAX + Aead.TAG_LENGTH + 13; // odd: no alignment helps
    private static final int KEYS_MAX = 8;

    /// An implementation with buffers and keys of its own, which it may remember between calls.
    private static final class Subject {
        private final Aead aead;
        private final ByteBuffer plain = ByteBuffer.allocateDirect(AeadBatch.PACKETS_MAX * STRIDE);
        private final ByteBuffer sealed = ByteBuffer.allocateDirect(AeadBatch.PACKETS_MAX * STRIDE);
        private final List<AeadKey> keys = new ArrayList<>();
        private final AeadBatch batch = new AeadBatch();

        Subject(Aead aead) {
            this.aead = aead;
        }

        void forget(int key) {
            aead.forget(keys.get(key));
            keys.remove(key).close();
        }

        void seal(Step step) {
            fill(step);
            aead.seal(keys.get(step.key), plain, sealed, batch);
        }

        /// Returns which packets are authentic.
        boolean[] open(Step step) {
            if (step.damaged >= 0) {
                sealed.put(step.damaged, (byte) (sealed.get(step.damaged) ^ 0x10));
            }
            fill(step);
            aead.open(keys.get(step.key), sealed, batch);
            var authentic = new boolean[step.lengths.length];
            for (int i = 0; i < authentic.length; i++) {
                authentic[i] = batch.isAuthentic(i);
            }
            return authentic;
        }

        private void fill(Step step) {
            batch.clear();
            for (int i = 0; i < step.lengths.length; i++) {
                int at = i * STRIDE + step.shift;
                batch.add(i, step.counter + i, at, at, step.lengths[i]);
            }
        }

        byte[] text(Step step, int i, int more) {
            var bytes = new byte[step.lengths[i] + more];
            sealed.get(i * STRIDE + step.shift, bytes);
            return bytes;
        }
    }

    /// One batch.
    ///
    /// @param damaged byte of the sealed buffer whose bit flips before opening; -1: none
    private record Step(int key, long counter, int shift, int[] lengths, int damaged) {
        static Step next(Gen gen, int keys) {
            int count = gen.chance(30) ? gen.oneOf(1, 2, 3, 4, 16, 17) : 1 + gen.below(64);
            int shift = gen.below(4);
            var lengths = new int[count];
            int common = gen.below(LENGTH_MAX + 1);
            boolean mixed = gen.chance(40);
            for (int i = 0; i < count; i++) {
                lengths[i] = mixed ? gen.below(LENGTH_MAX + 1) : common;
            }
            long counter = (long) gen.below(1 << 30) << gen.oneOf(0, 3, 31, 33);
            int victim = gen.below(count);
            int at = gen.below(lengths[victim] + Aead.TAG_LENGTH);
            int damaged = gen.chance(50) ? victim * STRIDE + shift + at : -1;
            return new Step(gen.below(keys), counter, shift, lengths, damaged);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void allImplementationsDoTheSame(long seed) {
        var gen = Gen.ofSeed(seed, CHOICES_BYTES);
        var random = new SplittableRandom(seed);
        var subjects = Aeads.NAMES.stream().flatMap(n -> Aeads.open(n).stream()).map(Subject::new);
        var all = subjects.toList();
        assertThat(all).hasSizeGreaterThan(1);
        int forged = 0;
        for (int step = 0; step < STEPS && !gen.isExhausted(); step++) {
            if (gen.chance(2)) {
                all.forEach(s -> s.aead.handleWarmedUp());
            }
            changeKeys(gen, random, all);
            forged += isSame(all, Step.next(gen, all.getFirst().keys.size()), random) ? 0 : 1;
        }
        assertThat(forged).isPositive();
        all.forEach(s -> s.keys.forEach(s.aead::forget));
        all.forEach(s -> s.aead.close());
    }

    private static void changeKeys(Gen gen, SplittableRandom random, List<Subject> all) {
        int keys = all.getFirst().keys.size();
        if (keys == KEYS_MAX || keys > 1 && gen.chance(5)) {
            int which = gen.below(keys);
            all.forEach(s -> s.forget(which));
        }
        if (keys == 0 || gen.chance(20)) {
            var bytes = new byte[AeadKey.LENGTH];
            random.nextBytes(bytes);
            all.forEach(s -> s.keys.add(new AeadKey(bytes, 0)));
        }
    }

    /// Returns whether everything was authentic.
    private static boolean isSame(List<Subject> all, Step step, SplittableRandom random) {
        var noise = new byte[all.getFirst().plain.capacity()];
        random.nextBytes(noise);
        for (var subject : all) {
            subject.plain.put(0, noise);
            subject.seal(step);
            for (int i = 0; i < step.lengths.length; i++) {
                assertThat(subject.text(step, i, Aead.TAG_LENGTH))
                        .as("%s seals packet %d of %s", subject.aead.name(), i, step)
                        .isEqualTo(all.getFirst().text(step, i, Aead.TAG_LENGTH));
            }
        }
        for (var subject : all) {
            opensAllButTheDamaged(subject, step, noise);
        }
        return step.damaged < 0;
    }

    private static void opensAllButTheDamaged(Subject subject, Step step, byte[] noise) {
        int victim = step.damaged < 0 ? -1 : step.damaged / STRIDE;
        var authentic = subject.open(step);
        for (int i = 0; i < authentic.length; i++) {
            var what = "%s opens packet %d of %s".formatted(subject.aead.name(), i, step);
            assertThat(authentic[i]).as(what).isEqualTo(i != victim);
            int from = i * STRIDE + step.shift;
            if (authentic[i]) {
                assertThat(subject.text(step, i, 0))
                        .as(what)
                        .isEqualTo(Arrays.copyOfRange(noise, from, from + step.lengths[i]));
            }
        }
    }
}
