package dev.gatehouse.transport.tun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.Checksums;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PayloadSumTest {
    private static final int ROUNDS = 20_000;

    @Test
    void agreesWithTheSlowOne() {
        var random = new SplittableRandom(1);
        var sums = new PayloadSum();
        var buffers = new ByteBuffer[] {filled(random), filled(random)};
        for (int i = 0; i < ROUNDS; i++) {
            var buffer = buffers[random.nextInt(buffers.length)];
            int offset = random.nextInt(64);
            int length = random.nextInt(buffer.capacity() - offset + 1);
            assertThat(Checksums.finish(sums.of(buffer, offset, length)))
                    .as("%d bytes at %d", length, offset)
                    .isEqualTo(Checksums.finish(Checksums.sum(buffer, offset, length)));
        }
    }

    /// All ones: every carry that there can be.
    @Test
    void carries() {
        var buffer = ByteBuffer.allocateDirect(65_535);
        for (int i = 0; i < buffer.capacity(); i++) {
            buffer.put(i, (byte) -1);
        }
        assertThat(Checksums.finish(new PayloadSum().of(buffer, 0, 65_534))).isZero();
    }

    private static ByteBuffer filled(SplittableRandom random) {
        var bytes = new byte[1_400];
        random.nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }
}
