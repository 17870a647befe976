package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EcnTest {
    private static final int OFFSET = PacketBatch.HEADROOM_LENGTH;

    @ParameterizedTest
    @CsvSource({"0,0,0", "1,3,3", "2,3,3", "3,3,3", "0,3,0", "2,1,2", "1,2,1", "2,0,2"})
    void onlyCongestionReachesCapablePackets(int inner, int outer, int result) {
        for (int version : new int[] {4, 6}) {
            var batch = PacketBatch.allocate(128, 1);
            if (version == 4) {
                writeV4(batch.buffer(), inner);
            } else {
                batch.buffer().put(OFFSET, (byte) 0x6A).put(OFFSET + 1, (byte) (inner << 4 | 5));
            }
            batch.add(OFFSET, 40, outer);

            Ecn.carryCongestion(batch, 0, 1);

            assertThat(Ecn.ofPacket(batch.buffer(), OFFSET)).isEqualTo(result);
            if (version == 4) {
                assertThat(sum(batch.buffer())).isEqualTo(0xFFFF);
                assertThat(batch.buffer().get(OFFSET + 1) & 0xFC).isEqualTo(0x28);
            } else {
                assertThat(batch.buffer().get(OFFSET)).isEqualTo((byte) 0x6A);
                assertThat(batch.buffer().get(OFFSET + 1) & 0xCF).isEqualTo(5);
            }
        }
    }

    private static void writeV4(ByteBuffer buffer, int ecn) {
        buffer.put(OFFSET, (byte) 0x45).put(OFFSET + 1, (byte) (0x28 | ecn));
        buffer.putShort(OFFSET + 2, (short) 40).putLong(OFFSET + 12, 0x0A000001_FFFFFFFEL);
        buffer.putShort(OFFSET + 10, (short) ~sum(buffer));
    }

    private static int sum(ByteBuffer buffer) {
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += Short.toUnsignedInt(buffer.getShort(OFFSET + i));
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }
}
