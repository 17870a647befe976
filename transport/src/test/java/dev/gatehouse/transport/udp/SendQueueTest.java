package dev.gatehouse.transport.udp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SendQueueTest {
    @Test
    void refusesWhatDoesNotFit() {
        var queue = new SendQueue(100);

        assertThat(queue.add(transmit(new byte[60], 60), 0)).isTrue();
        assertThat(queue.add(transmit(new byte[60], 60), 0)).isFalse();
        queue.remove();
        assertThat(queue.add(transmit(new byte[60], 60), 0)).isTrue();
    }

    @Test
    void keepsOnlyWhatTheKernelDidNotTake() {
        var queue = new SendQueue(100);
        byte[] content = {1, 1, 2, 2, 3, 3};

        queue.add(transmit(content, 2), 2);

        assertThat(content(queue.peek())).containsExactly(2, 2, 3, 3);
        queue.consume(2);
        assertThat(content(queue.peek())).containsExactly(3, 3);
    }

    @Test
    void behavesLikeAListOfCopies() {
        var random = new SplittableRandom(42);
        var queue = new SendQueue(1000);
        var model = new ArrayDeque<byte[]>();
        int held = 0;
        for (int step = 0; step < 20_000; step++) {
            if (random.nextInt(100) < 55) {
                var content = new byte[1 + random.nextInt(400)];
                random.nextBytes(content);
                if (queue.add(transmit(content, content.length), 0)) {
                    model.add(content);
                    held++;
                }
            } else if (!model.isEmpty()) {
                assertThat(content(queue.peek())).isEqualTo(model.remove());
                queue.remove();
            }
            assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
        }
        assertThat(held).isGreaterThan(5000);
    }

    private static Transmit transmit(byte[] content, int segmentLength) {
        var transmit = new Transmit();
        transmit.path(Endpoint.ANY_V4, Endpoint.parse("192.0.2.1:1"));
        var copy = Arrays.copyOf(content, content.length);
        transmit.content(ByteBuffer.wrap(copy), 0, content.length, segmentLength, 0);
        return transmit;
    }

    private static byte[] content(Transmit transmit) {
        var bytes = new byte[transmit.length()];
        transmit.buffer().get(transmit.offset(), bytes);
        return bytes;
    }
}
