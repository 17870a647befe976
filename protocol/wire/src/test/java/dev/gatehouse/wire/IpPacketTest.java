package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.IpPacket.Verdict;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpPacketTest {
    private final IpPacket packet = new IpPacket();
    private final SplittableRandom random = new SplittableRandom(5);

    @Test
    void trailingBytesAreNotPartOfThePacket() {
        byte[] bytes = TestPackets.random(random, true, IpProtocol.UDP, 11);

        assertThat(parse(Arrays.copyOf(bytes, bytes.length + 7))).isEqualTo(Verdict.OK);

        assertThat(packet.totalLength()).isEqualTo(bytes.length);
    }

    @ParameterizedTest
    @CsvSource({"true, 20", "true, 27", "false, 40", "false, 47"})
    void cutTransportHeadersAreRefused(boolean v4, int length) {
        byte[] bytes = TestPackets.random(random, v4, v4 ? IpProtocol.ICMP : IpProtocol.UDP, 30);
        bytes = Arrays.copyOf(bytes, length);
        ByteBuffer.wrap(bytes).putShort(v4 ? 2 : 4, (short) (v4 ? length : length - 40));

        assertThat(parse(bytes)).isEqualTo(Verdict.BAD_TRANSPORT);
    }

    @ParameterizedTest
    @CsvSource({
        "0x2000, 16, FRAGMENT",
        "0x2000, 11, BAD_FRAGMENT", // no multiple of 8
        "0x0001, 11, FRAGMENT",
        "0x1FFF, 11, BAD_FRAGMENT", // beyond the largest datagram
        "0x4000, 11, OK",
        "0x8000, 11, OK"
    })
    void ipv4FragmentsAreToldApart(String bits, int length, Verdict verdict) {
        byte[] bytes = TestPackets.random(random, true, IpProtocol.UDP, length);
        ByteBuffer.wrap(bytes).putShort(6, Integer.decode(bits).shortValue());

        assertThat(parse(bytes)).isEqualTo(verdict);
    }

    @Test
    void icmpOfTheOtherFamilyIsRefused() {
        assertThat(parse(TestPackets.random(random, true, IpProtocol.ICMPV6, 3)))
                .isEqualTo(Verdict.BAD_TRANSPORT);
        assertThat(parse(TestPackets.random(random, false, IpProtocol.ICMP, 3)))
                .isEqualTo(Verdict.BAD_TRANSPORT);
    }

    @Test
    void optionsHeadersAreWalkedToTheTransport() {
        byte[] bytes = withHeaders(IpProtocol.HOP_BY_HOP, IpProtocol.DESTINATION_OPTIONS);

        assertThat(parse(bytes)).isEqualTo(Verdict.OK);

        assertThat(packet.protocol()).isEqualTo(IpProtocol.UDP);
        assertThat(packet.headerLength()).isEqualTo(40 + 8 + 16);
        assertThat(packet.destinationPort()).isEqualTo(53);
    }

    @Test
    void fragmentHeaderIsFoundBehindOptions() {
        byte[] behind = withHeaders(IpProtocol.HOP_BY_HOP, IpProtocol.FRAGMENT);
        byte[] before = withHeaders(IpProtocol.FRAGMENT, IpProtocol.HOP_BY_HOP);
        behind[51] = 8;
        before[43] = 8;

        for (byte[] bytes : List.of(behind, before)) {
            assertThat(parse(bytes)).isEqualTo(Verdict.FRAGMENT);
            assertThat(packet.isLaterFragment()).isTrue();
            assertThat(packet.fragmentOffset()).isEqualTo(8);
            assertThat(packet.hasPorts()).as("they came before").isFalse();
        }
    }

    /// RFC 7112, RFC 8200 section 5: all headers are in the first piece, and it is cut once.
    @Test
    void firstPieceThatLacksHeadersIsRefused() {
        byte[] cutInOptions = withHeaders(IpProtocol.FRAGMENT, IpProtocol.HOP_BY_HOP);
        cutInOptions[43] = 1;
        cutInOptions[49] = 9;
        byte[] cutAgain = withHeaders(IpProtocol.FRAGMENT, IpProtocol.FRAGMENT);
        cutAgain[43] = 1;
        cutAgain[51] = 8;
        byte[] tiny = TestPackets.random(random, true, IpProtocol.TCP, 0);
        ByteBuffer.wrap(tiny).putShort(2, (short) 36).putShort(6, (short) 0x2000);

        for (byte[] bytes : List.of(cutInOptions, cutAgain, tiny)) {
            assertThat(parse(bytes)).isEqualTo(Verdict.BAD_FRAGMENT);
        }
    }

    @Test
    void routingHeaderIsItsOwnProtocolSoThatNoFilterOnPortsAdmitsIt() {
        assertThat(parse(withHeaders(IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING)))
                .isEqualTo(Verdict.OK);

        assertThat(packet.protocol()).isEqualTo(IpProtocol.ROUTING);
        assertThat(packet.hasPorts()).isFalse();
    }

    @Test
    void optionsThatRunOverTheEndAreRefused() {
        byte[] bytes = withHeaders(IpProtocol.HOP_BY_HOP, IpProtocol.DESTINATION_OPTIONS);
        bytes[41] = 9;

        assertThat(parse(bytes)).isEqualTo(Verdict.NOT_IP);
    }

    @ParameterizedTest
    @CsvSource({"true, 1, 2, 3", "true, 2, 1, 1", "false, 0, 2, 2"})
    void ecnIsReplacedAlone(boolean v4, int before, int after, int last) {
        byte[] bytes = TestPackets.random(random, v4, IpProtocol.TCP, 0);
        assertThat(parse(bytes)).isEqualTo(Verdict.OK);
        for (int ecn : new int[] {before, after, last}) {
            packet.ecn(ecn);
            assertThat(packet.ecn()).isEqualTo(ecn);
            assertThat(packet.version()).isEqualTo(v4 ? 4 : 6);
            if (v4) {
                assertThat(TestPackets.slowChecksum(bytes, 0, 20, 0)).isZero();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PROHIBITED, true, 3, 13, 56",
        "NETWORK_UNREACHABLE, true, 3, 0, 56",
        "PROHIBITED, false, 1, 1, 160",
        "NETWORK_UNREACHABLE, false, 1, 3, 160"
    })
    void icmpErrorNamesTheOriginalPacket(
            IcmpErrors.Kind kind, boolean v4, int type, int code, int length) {
        byte[] bytes = TestPackets.random(random, v4, IpProtocol.UDP, 64);
        assertThat(parse(bytes)).isEqualTo(Verdict.OK);
        var source = packet.source();
        var destination = packet.destination();
        var out = ByteBuffer.allocate(1400);

        int written = IcmpErrors.write(kind, packet, out, 5);

        var error = new IpPacket();
        assertThat(error.wrap(out, 5, written)).isTrue();
        assertThat(written).isEqualTo(error.totalLength()).isEqualTo(length);
        assertThat(error.source()).isEqualTo(destination);
        assertThat(error.destination()).isEqualTo(source);
        assertThat(error.icmpType()).isEqualTo(type);
        assertThat(error.icmpCode()).isEqualTo(code);
        assertThat(error.timeToLive()).isEqualTo(20);
        assertThat(error.isIcmpError()).isTrue();
        assertThat(error.isTransportChecksumValid()).isTrue();
        int body = length - (v4 ? IcmpErrors.V4_BODY_OFFSET : IcmpErrors.V6_BODY_OFFSET);
        assertThat(Arrays.copyOfRange(out.array(), 5 + length - body, 5 + length))
                .isEqualTo(Arrays.copyOf(bytes, body));
        if (v4) {
            assertThat(TestPackets.slowChecksum(out.array(), 5, 20, 0)).isZero();
        }
    }

    @Test
    void icmpErrorForTheLargestPacketFits() {
        byte[] bytes = TestPackets.random(random, false, IpProtocol.UDP, 1232);
        assertThat(parse(bytes)).isEqualTo(Verdict.OK);

        int written =
                IcmpErrors.write(IcmpErrors.Kind.PROHIBITED, packet, ByteBuffer.allocate(1280), 0);

        assertThat(written).isEqualTo(40 + 8 + 1200);
    }

    private Verdict parse(byte[] bytes) {
        return packet.parse(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    /// UDP to port 53 behind two extension headers of 8 and 16 bytes.
    private byte[] withHeaders(int first, int second) {
        byte[] plain = TestPackets.random(random, false, IpProtocol.UDP, 4);
        var buffer = ByteBuffer.allocate(plain.length + 24);
        buffer.put(plain, 0, 40).put(new byte[24]).put(plain, 40, plain.length - 40);
        buffer.putShort(4, (short) (plain.length - 40 + 24)).put(6, (byte) first);
        buffer.put(40, (byte) second).put(48, (byte) IpProtocol.UDP).put(49, (byte) 1);
        buffer.putShort(66, (short) 53);
        return buffer.array();
    }
}
