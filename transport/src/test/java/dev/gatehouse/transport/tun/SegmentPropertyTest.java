package dev.gatehouse.transport.tun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentPropertyTest {
    private static final int SLOT = 1_400;
    private final ByteBuffer read = ByteBuffer.allocateDirect(70_000);
    private final PacketBatch batch = PacketBatch.allocate(64 * SLOT, 64);
    private final SegmentCutter cutter = new SegmentCutter();
    private final SegmentJoiner joiner = new SegmentJoiner(true);

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void joiningWhatWasCutGivesTheSuperPacketBack(boolean v4, boolean tcp) {
        var random = new SplittableRandom(7);
        for (int round = 0; round < 300; round++) {
            int gsoSize = 100 + random.nextInt(1_100);
            int segments = 2 + random.nextInt(Math.min(50, 60_000 / gsoSize) - 1);
            int payload = gsoSize * (segments - 1) + 1 + random.nextInt(gsoSize);
            int total = superPacket(v4, tcp, gsoSize, payload, random);

            assertThat(cutter.load(read, 0, VirtioHeader.LENGTH + total)).isTrue();
            cutAll();

            assertThat(batch.count()).isEqualTo(segments);
            for (int i = 0; i < batch.count(); i++) {
                checkChecksums(v4, tcp, i);
            }
            int run = joiner.run(batch, 0, batch.count());
            assertThat(run).isEqualTo(segments);
            joiner.writeHeader();
            checkJoined(v4, tcp, total, gsoSize);
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void udpStaysAsItIsForAKernelThatTakesNoJoinedUdp(boolean v4) {
        superPacketOfThree(v4);
        cutAll();

        assertThat(batch.count()).isEqualTo(3);
        assertThat(new SegmentJoiner(false).run(batch, 0, 3)).isEqualTo(1);
        assertThat(joiner.run(batch, 0, 3)).isEqualTo(3);
    }

    private void superPacketOfThree(boolean v4) {
        int total = superPacket(v4, false, 500, 1_500, new SplittableRandom(8));
        assertThat(cutter.load(read, 0, VirtioHeader.LENGTH + total)).isTrue();
    }

    private void cutAll() {
        batch.clear();
        while (cutter.hasNext()) {
            int offset = batch.count() * SLOT + PacketBatch.HEADROOM_LENGTH;
            batch.add(offset, cutter.next(batch.buffer(), offset), 0);
        }
    }

    private int superPacket(
            boolean v4, boolean tcp, int gsoSize, int payload, SplittableRandom random) {
        int l4 = v4 ? 20 : 40;
        int options = tcp ? 12 : 0;
        int header = l4 + (tcp ? 20 + options : 8);
        int total = header + payload;
        int at = VirtioHeader.LENGTH;
        var noise = new byte[total];
        random.nextBytes(noise);
        read.put(at, noise);
        if (v4) {
            read.put(at, (byte) 0x45);
            read.putShort(at + 2, (short) total);
            read.putShort(at + 6, (short) 0x4000);
            read.put(at + 9, (byte) (tcp ? 6 : 17));
        } else {
            read.putInt(at, 0x60000000);
            read.putShort(at + 4, (short) (total - 40));
            read.put(at + 6, (byte) (tcp ? 6 : 17));
        }
        if (tcp) {
            read.put(at + l4 + 12, (byte) (20 + options << 2));
            read.put(at + l4 + 13, (byte) 0x18);
        }
        int type = tcp ? VirtioHeader.GSO_TCPV6 : VirtioHeader.GSO_UDP_L4;
        type = tcp && v4 ? VirtioHeader.GSO_TCPV4 : type;
        VirtioHeader.writeJoined(read, 0, type, header, gsoSize, l4);
        return total;
    }

    private void checkChecksums(boolean v4, boolean tcp, int i) {
        var buffer = batch.buffer();
        int at = batch.offset(i);
        int l4 = v4 ? 20 : 40;
        int length = batch.length(i) - l4;
        if (v4) {
            assertThat(Checksums.fold(Checksums.sum(buffer, at, 20))).isEqualTo(0xFFFF);
        }
        long pseudo = Checksums.pseudoHeader(buffer, at, tcp ? 6 : 17, length);
        assertThat(Checksums.fold(pseudo + Checksums.sum(buffer, at + l4, length)))
                .isEqualTo(0xFFFF);
        boolean last = i == batch.count() - 1;
        if (tcp) {
            assertThat(buffer.get(at + l4 + 13)).isEqualTo((byte) (last ? 0x18 : 0x10));
        }
    }

    private void checkJoined(boolean v4, boolean tcp, int total, int gsoSize) {
        var buffer = batch.buffer();
        int header = joiner.headerLength();
        int first = batch.offset(0);
        assertThat(VirtioHeader.gsoSize(buffer, first - VirtioHeader.LENGTH)).isEqualTo(gsoSize);
        int l4 = v4 ? 20 : 40;
        int skipped = tcp ? 16 : 6; // the checksum field holds the pseudo header's sum
        for (int i = 0; i < header; i++) {
            boolean checksum = i >> 1 == l4 + skipped >> 1 || v4 && (i == 10 || i == 11);
            boolean length = !tcp && (i == l4 + 4 || i == l4 + 5);
            if (!checksum && !length) {
                assertThat(buffer.get(first + i)).isEqualTo(read.get(VirtioHeader.LENGTH + i));
            }
        }
        var joined = new byte[total - header];
        int at = 0;
        for (int i = 0; i < batch.count(); i++) {
            int payload = batch.length(i) - header;
            buffer.get(batch.offset(i) + header, joined, at, payload);
            at += payload;
        }
        var expected = new byte[total - header];
        read.get(VirtioHeader.LENGTH + header, expected);
        assertThat(joined).isEqualTo(expected);
    }
}
