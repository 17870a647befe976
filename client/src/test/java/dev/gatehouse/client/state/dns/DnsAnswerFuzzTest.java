package dev.gatehouse.client.state.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Message;
import org.xbill.DNS.Type;

/// Servers may answer what they like, records of every type: client.md 12 and 13.
class DnsAnswerFuzzTest {
    private static final int ROUNDS = 30_000;
    private static final long SECOND_NS = 1_000_000_000L;

    @Test
    void aRecordThatCannotBeWrittenAgainIsNotKept() {
        use(
                HexFormat.of()
                        .parseHex(
                                "000781800001000100000000016100000b0001"
                                        + "c00c000b00010000012c0005010203042e"));
    }

    @Test
    void anExtendedCodeIsCutWithTheOtherRecords() {
        byte[] badVersion =
                HexFormat.of()
                        .parseHex("000781800001000000000001016100000100010000290400010000000000");

        var answer = DnsMessages.parse(badVersion).orElseThrow();
        var cut = DnsMessages.truncated(answer, answer.getHeader().getRcode());

        assertThat(DnsMessages.parse(cut.toWire())).isPresent();
        assertThat(cut.getHeader().getRcode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void answersOfAllTypesNeverThrow(long seed) {
        var random = new SplittableRandom(seed);
        for (int i = 0; i < ROUNDS; i++) {
            use(randomAnswer(random));
        }
    }

    private static void use(byte[] bytes) {
        var parsed = DnsMessages.parse(bytes);
        if (parsed.isEmpty()) {
            return;
        }
        var answer = parsed.get();
        var cache = new DnsCache();
        cache.put(answer, 0);
        if (answer.getQuestion() != null) {
            var query = Message.newQuery(answer.getQuestion());
            cache.get(query, SECOND_NS)
                    .ifPresent(reply -> assertThat(DnsMessages.toUdp(query, reply)).isNotEmpty());
            assertThat(DnsMessages.truncated(answer, answer.getHeader().getRcode()).toWire())
                    .isNotEmpty();
            assertThat(DnsMessages.withOptFor(query, answer, bytes))
                    .hasSizeBetween(bytes.length, bytes.length + 11);
        }
    }

    private static byte[] randomAnswer(SplittableRandom random) {
        int type = random.nextInt(4) == 0 ? random.nextInt(65_536) : random.nextInt(270);
        var out = ByteBuffer.allocate(512);
        out.putShort((short) 7).putShort((short) 0x8180).putShort((short) 1);
        out.putShort((short) 1).putShort((short) random.nextInt(2));
        out.putShort((short) random.nextInt(2));
        out.put((byte) 1).put((byte) 'a').put((byte) 0).putShort((short) type).putShort((short) 1);
        for (int i = 0; i < 3; i++) {
            boolean isOption = i == 2 && random.nextBoolean();
            out.putShort((short) 0xC00C).putShort((short) (isOption ? Type.OPT : type));
            out.putShort((short) 1).putInt(random.nextInt(8) == 0 ? random.nextInt() : 300);
            byte[] data = randomData(random);
            out.putShort((short) data.length).put(data);
        }
        int length = random.nextInt(10) == 0 ? random.nextInt(out.position()) : out.position();
        return Arrays.copyOf(out.array(), length);
    }

    /// Small values are often lengths and counts that make sense.
    private static byte[] randomData(SplittableRandom random) {
        var data = new byte[random.nextInt(5) == 0 ? 0 : random.nextInt(60)];
        int bound = new int[] {6, 128, 256}[random.nextInt(3)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) random.nextInt(bound);
        }
        return data;
    }
}
