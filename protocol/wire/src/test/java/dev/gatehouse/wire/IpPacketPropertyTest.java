package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Incremental rewriting agrees with full recomputation by a byte-wise twin.
class IpPacketPropertyTest {
    @ParameterizedTest
    @CsvSource({
        "true, 6",
        "true, 17",
        "true, 1",
        "true, 47",
        "false, 6",
        "false, 17",
        "false, 58",
        "false, 47"
    })
    void rewritingKeepsTheChecksumsOfTheSlowTwin(boolean v4, int protocol) {
        var random = new SplittableRandom(protocol);
        var packet = new IpPacket();
        for (int i = 0; i < 3_000; i++) {
            byte[] bytes = TestPackets.random(random, v4, protocol, random.nextInt(40));
            boolean echo = makeEcho(bytes, v4, protocol);
            assertThat(packet.wrap(ByteBuffer.wrap(bytes), 0, bytes.length)).isTrue();
            assertThat(packet.isTransportChecksumValid()).isTrue();

            packet.source(v4 ? 0 : random.nextLong(), edge(random, v4));
            packet.destination(v4 ? 0 : random.nextLong(), edge(random, v4));
            if (packet.hasPorts()) {
                packet.sourcePort(random.nextInt(0x10000));
                packet.destinationPort(random.nextInt(0x10000));
            } else if (echo) {
                packet.echoId(random.nextInt(0x10000));
            }

            byte[] expected = bytes.clone();
            TestPackets.writeSlowTransportChecksum(expected);
            assertThat(bytes).isEqualTo(expected);
            assertThat(packet.isTransportChecksumValid()).isTrue();
            if (v4) {
                assertThat(TestPackets.slowChecksum(bytes, 0, 20, 0)).isZero();
            }
        }
    }

    @Test
    void udpWithoutChecksumGetsOneWhenRewritten() {
        byte[] bytes = TestPackets.random(new SplittableRandom(1), true, IpProtocol.UDP, 9);
        ByteBuffer.wrap(bytes).putShort(26, (short) 0);
        var packet = new IpPacket();
        assertThat(packet.wrap(ByteBuffer.wrap(bytes), 0, bytes.length)).isTrue();

        packet.destination(0, 0x0A000001);

        byte[] expected = bytes.clone();
        TestPackets.writeSlowTransportChecksum(expected);
        assertThat(bytes).isEqualTo(expected);
    }

    @Test
    void fullSumAgreesWithTheTwinAtEveryLengthAndOffset() {
        var random = new SplittableRandom(7);
        var bytes = new byte[128];
        for (int i = 0; i < 5_000; i++) {
            random.nextBytes(bytes);
            int offset = random.nextInt(64);
            int length = random.nextInt(64);

            int checksum = Checksums.finish(Checksums.sum(ByteBuffer.wrap(bytes), offset, length));

            assertThat(checksum).isEqualTo(TestPackets.slowChecksum(bytes, offset, length, 0));
        }
    }

    @Test
    void randomBytesAreParsedOrRefusedWithoutReadingOutside() {
        var random = new SplittableRandom(3);
        var packet = new IpPacket();
        int accepted = 0;
        for (int i = 0; i < 200_000; i++) {
            var bytes = new byte[random.nextInt(90)];
            random.nextBytes(bytes);
            makePlausible(bytes, random);
            if (packet.wrap(ByteBuffer.wrap(bytes), 0, bytes.length)) {
                accepted++;
                readAll(packet);
                assertThat(packet.payloadOffset()).isLessThanOrEqualTo(packet.totalLength());
            }
        }
        assertThat(accepted).isGreaterThan(10_000);
    }

    private static void makePlausible(byte[] bytes, SplittableRandom random) {
        if (bytes.length < 40) {
            return;
        }
        var buffer = ByteBuffer.wrap(bytes);
        int[] protocols = {0, 1, 6, 17, 43, 44, 58, 60, 47};
        if (random.nextBoolean()) {
            buffer.put(0, (byte) (0x45 + random.nextInt(4)));
            buffer.putShort(2, (short) (bytes.length - random.nextInt(4)));
            buffer.putShort(6, (short) (random.nextInt(8) == 0 ? 1 : 0x4000));
            buffer.put(9, (byte) protocols[random.nextInt(protocols.length)]);
        } else {
            buffer.put(0, (byte) 0x60);
            buffer.putShort(4, (short) (bytes.length - 40 - random.nextInt(4)));
            buffer.put(6, (byte) protocols[random.nextInt(protocols.length)]);
            if (bytes.length > 42) {
                buffer.put(40, (byte) protocols[random.nextInt(protocols.length)]);
                buffer.put(41, (byte) random.nextInt(3));
            }
        }
    }

    private static void readAll(IpPacket packet) {
        packet.source();
        packet.destination();
        packet.isTransportChecksumValid();
        if (packet.hasPorts()) {
            packet.sourcePort();
            packet.destinationPort();
        }
        if (packet.isIcmp()) {
            packet.isIcmpError();
            packet.echoId();
        }
    }

    /// Turns an ICMP packet into an echo request, checksum included.
    private static boolean makeEcho(byte[] bytes, boolean v4, int protocol) {
        if (protocol != IpProtocol.ICMP && protocol != IpProtocol.ICMPV6) {
            return false;
        }
        bytes[v4 ? 20 : 40] = (byte) (v4 ? 8 : 128);
        TestPackets.writeSlowTransportChecksum(bytes);
        return true;
    }

    /// Addresses full of zeros and ones too, where one's complement sums go wrong.
    private static long edge(SplittableRandom random, boolean v4) {
        long value =
                switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> -1;
                    case 2 -> 0xFFFF0000L;
                    default -> random.nextLong();
                };
        return v4 ? value & 0xFFFF_FFFFL : value;
    }
}
