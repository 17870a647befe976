package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever arrives is decoded or rejected, never an exception.
class StunMessagePropertyTest {
    private static final byte[] KEY = {1};

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomBytesNeverThrow(long seed) {
        var random = new SplittableRandom(seed);
        assertThatCode(
                        () -> {
                            for (int i = 0; i < 20_000; i++) {
                                var bytes = new byte[random.nextInt(120)];
                                random.nextBytes(bytes);
                                makePlausible(bytes, random);
                                readAll(bytes);
                            }
                        })
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void mutatedRecordingsNeverThrow(long seed) {
        var random = new SplittableRandom(seed);
        String[] lines = Bytes.resource("recorded/stun-turn.jsonl").split("\n");
        assertThatCode(
                        () -> {
                            for (String line : lines) {
                                byte[] bytes = Bytes.hex(hexOf(line));
                                for (int i = 0; i < 20; i++) {
                                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                                    readAll(bytes);
                                }
                            }
                        })
                .doesNotThrowAnyException();
    }

    /// A right header for most, and small attribute lengths for many.
    private static void makePlausible(byte[] bytes, SplittableRandom random) {
        if (bytes.length < 24 || random.nextInt(10) == 0) {
            return;
        }
        var buffer = ByteBuffer.wrap(bytes);
        buffer.put(0, (byte) (bytes[0] & 0x3F));
        buffer.putShort(2, (short) (bytes.length - 20 & ~3));
        buffer.putInt(4, StunMessage.MAGIC_COOKIE);
        for (int at = 20; at + 4 < bytes.length; at += 4 * (1 + random.nextInt(4))) {
            buffer.putShort(at, (short) random.nextInt(0x2B));
            buffer.putShort(at + 2, (short) random.nextInt(12));
        }
    }

    private static void readAll(byte[] bytes) {
        int length = bytes.length;
        if (length >= 20) {
            length = 20 + (length - 20 & ~3);
        }
        var decoded = StunMessage.decode(ByteBuffer.wrap(bytes), 0, length);
        if (decoded instanceof StunMessage message) {
            message.messageClass();
            message.method();
            message.transactionId();
            message.username();
            message.realm();
            message.nonce();
            message.software();
            message.xorMappedAddress();
            message.xorPeerAddress();
            message.xorRelayedAddresses();
            message.channelNumber();
            message.requestedTransport();
            message.requestedAddressFamily();
            message.additionalAddressFamily();
            message.errorCode();
            message.lifetimeSeconds();
            message.priority();
            message.iceControlled();
            message.iceControlling();
            message.verifyIntegrity(KEY);
            message.isFingerprintValid();
            message.malformedAttribute();
        }
    }

    private static String hexOf(String line) {
        int from = line.indexOf("\"hex\":\"") + 7;
        return line.substring(from, line.indexOf('"', from));
    }
}
