package dev.gatehouse.wireguard.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageTypeTest {
    @ParameterizedTest
    @CsvSource({
        "01000000, 148, 1",
        "01000000, 147, 0",
        "01000000, 149, 0",
        "02000000, 92, 2",
        "02000000, 93, 0",
        "03000000, 64, 3",
        "03000000, 63, 0",
        "04000000, 32, 4",
        "04000000, 31, 0",
        "04000000, 1312, 4",
        "04000001, 32, 0",
        "00000004, 32, 0",
        "05000000, 32, 0",
        "00000000, 32, 0"
    })
    void typeNeedsAllFourBytesAndTheExactLength(String start, int length, int expected) {
        var b = ByteBuffer.allocate(2000);
        b.put(3, HexFormat.of().parseHex(start));

        assertThat(MessageType.of(b, 3, length)).isEqualTo(expected);
    }

    @Test
    void shortDatagramsAreNotReadBeyondTheirEnd() {
        for (int length = 0; length < 32; length++) {
            assertThat(MessageType.of(ByteBuffer.allocate(length), 0, length)).isZero();
        }
    }

    @Test
    void recordedChannelDataCarriesTheTypesItWasSeenWith() throws IOException {
        for (String line : recorded()) {
            int type = line.charAt(0) - '0';
            var b = ByteBuffer.wrap(HexFormat.of().parseHex(line.substring(2)));
            int length = Short.toUnsignedInt(b.getShort(2));

            assertThat(MessageType.of(b, 4, length)).as(line).isEqualTo(type);
        }
    }

    @Test
    void recordedIndicesAreAConnectionIdAndASmallSessionNumber() throws IOException {
        for (String line : recorded()) {
            if (line.charAt(0) == '1') {
                continue;
            }
            var b = ByteBuffer.wrap(HexFormat.of().parseHex(line.substring(2)));
            assertThat(MessageType.receiver(b, 4) & 0xFF).as(line).isBetween(1, 16);
            assertThat(MessageType.connectionId(b, 4)).isEqualTo(MessageType.receiver(b, 4) >>> 8);
        }
    }

    private static String[] recorded() throws IOException {
        try (var in =
                MessageTypeTest.class.getResourceAsStream("/vectors/recorded/channel-data.txt")) {
            return new String(in.readAllBytes(), US_ASCII).split("\n");
        }
    }
}
