package dev.gatehouse.connectivity.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepeatedSegmentsTest {
    private static final long MS = 1_000_000L;
    private static final long[] RETRANSMISSIONS_MS = {0, 20, 220, 620, 1_420, 3_020};

    private final RepeatedSegments repeated = new RepeatedSegments();

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void longSegmentThatIsRepeatedInVainIsNoticedInThreeSeconds(int version) {
        boolean noticed = false;
        for (long ms : RETRANSMISSIONS_MS) {
            noticed |= send(segment(version, 4_000, 1), ms - 700, ms); // checks come every 1.5 s
        }

        assertThat(noticed).isTrue();
    }

    @Test
    void senderThatGoesOnIsNotNoticed() {
        for (int i = 0; i < 100; i++) {
            assertThat(send(segment(4, 4_000, 1 + i / 2 * 1_200), i * 50, i * 50)).isFalse();
        }
    }

    /// Then nothing comes through, long or short.
    @Test
    void nothingIsNoticedWhileThePeerIsSilent() {
        for (long ms : RETRANSMISSIONS_MS) {
            assertThat(send(segment(4, 4_000, 1), -100, ms)).isFalse();
        }
    }

    @Test
    void packetsOfOtherKindsAreLeftAlone() {
        var udp = segment(4, 4_000, 1).put(9, (byte) 17);
        var shortOne = ByteBuffer.allocate(24).put(0, (byte) 0x45).put(9, (byte) 6);
        for (long ms : RETRANSMISSIONS_MS) {
            assertThat(send(udp, ms, ms)).isFalse();
            assertThat(send(shortOne, ms, ms)).isFalse();
        }
    }

    private boolean send(ByteBuffer packet, long heardMs, long nowMs) {
        return repeated.handleSent(packet, 0, packet.capacity(), heardMs * MS, nowMs * MS);
    }

    private static ByteBuffer segment(int version, int port, int sequence) {
        var packet = ByteBuffer.allocate(1_280);
        int header = version == 4 ? 20 : 40;
        packet.put(0, (byte) (version == 4 ? 0x45 : 0x60));
        packet.put(version == 4 ? 9 : 6, (byte) 6);
        packet.putShort(header, (short) port).putShort(header + 2, (short) 80);
        return packet.putInt(header + 4, sequence);
    }
}
