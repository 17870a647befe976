package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.wire.Endpoint;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StunMessageTest {
    private static final TransactionId ID = new TransactionId(1, 2, 3);
    private static final byte[] KEY = Bytes.text("key");

    @ParameterizedTest
    @CsvSource({
        "TOO_SHORT, 0001000021",
        "NOT_STUN, 800100002112a442000000010000000200000003",
        "WRONG_COOKIE, 000100002112a443000000010000000200000003",
        "WRONG_LENGTH, 000100042112a442000000010000000200000003",
        "WRONG_LENGTH, 000100002112a44200000001000000020000000300250000",
        "WRONG_LENGTH, 000100022112a4420000000100000002000000030025",
        "TRUNCATED_ATTRIBUTE, 000100042112a44200000001000000020000000300060001"
    })
    void whatIsNotStunIsRejectedWithItsReason(Decoded.Rejected reason, String hex) {
        assertThat(Bytes.decode(Bytes.hex(hex))).isEqualTo(reason);
    }

    @ParameterizedTest
    @EnumSource(MessageClass.class)
    void classAndMethodSurviveTheWire(MessageClass messageClass) {
        for (int method = 0; method <= 0xFFF; method++) {
            var message = Bytes.message(new StunWriter(messageClass, method, ID).build());

            assertThat(message.messageClass()).isEqualTo(messageClass);
            assertThat(message.method()).isEqualTo(method);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x000C, 3fff0000", // channel number below the range
        "0x000C, 50000000", // and above
        "0x000C, 4000",
        "0x0012, 0003bd52e112a64b", // no such family
        "0x0016, 0002bd52e112a64b", // IPv4 length with the IPv6 family
        "0x0020, ''",
        "0x0017, 03000000",
        "0x8000, 00000000",
        "0x0019, 11",
        "0x000D, 0102030405",
        "0x0006, ff", // not UTF-8
        "0x0014, c3",
        "0x0009, 00000165", // number 101
        "0x0009, 00000200",
        "0x0009, 0000",
        "0x0008, 00",
        "0x0025, 00",
        "0x8029, 00000000",
        "0x802A, 000000000000000000",
        "0x0024, 0000"
    })
    void undecodableBodyIsNamedAndReadsAsAbsent(String type, String hex) {
        int attribute = Integer.decode(type);
        var message = Bytes.message(writer().attribute(attribute, Bytes.hex(hex)).build());

        assertThat(message.has(attribute)).isTrue();
        assertThat(message.malformedAttribute()).hasValue(attribute);
        assertThat(message.channelNumber()).isEmpty();
        assertThat(message.xorPeerAddress()).isEmpty();
        assertThat(message.xorRelayedAddresses()).isEmpty();
        assertThat(message.username()).isEmpty();
        assertThat(message.errorCode()).isEmpty();
    }

    @Test
    void textsHaveTheLimitsOfTheirAttributes() {
        assertThat(Bytes.message(writer().nonce("n".repeat(127)).build()).nonce()).isPresent();
        assertThat(Bytes.message(writer().nonce("n".repeat(128)).build()).nonce()).isEmpty();
        assertThat(Bytes.message(writer().username("n".repeat(512)).build()).username())
                .isPresent();
        assertThat(Bytes.message(writer().username("n".repeat(513)).build()).username()).isEmpty();
    }

    @Test
    void unknownAttributesAreSkipped() {
        var message =
                Bytes.message(
                        writer().attribute(0x7F01, new byte[5]).lifetime(4_294_967_295L).build());

        assertThat(message.malformedAttribute()).isEmpty();
        assertThat(message.lifetimeSeconds()).hasValue(4_294_967_295L);
    }

    @Test
    void attributesBehindTheSignatureAreIgnored() {
        byte[] signed = writer().username("a:b").buildSigned(KEY);
        byte[] more = Arrays.copyOf(signed, signed.length + 8);
        byte[] useCandidate = {0x00, 0x25, 0, 0, 0, 0x24, 0, 0};
        System.arraycopy(useCandidate, 0, more, signed.length, 8);
        more[3] += 8;

        var message = Bytes.message(more);

        assertThat(message.verifyIntegrity(KEY)).isTrue();
        assertThat(message.useCandidate()).isFalse();
        assertThat(message.priority()).isEmpty();
        assertThat(message.malformedAttribute()).isEmpty();
    }

    @Test
    void everyFlippedBitBeforeTheSignatureBreaksIt() {
        byte[] signed =
                writer().username("user")
                        .xorPeerAddress(Endpoint.parse("[::1]:9"))
                        .buildSignedWithFingerprint(KEY);
        int covered = signed.length - 8 - 24;
        for (int bit = 0; bit < covered * 8; bit++) {
            byte[] flipped = signed.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            if (Bytes.decode(flipped) instanceof StunMessage message) {
                assertThat(message.verifyIntegrity(KEY)).as("bit %d", bit).isFalse();
                assertThat(message.isFingerprintValid()).as("bit %d", bit).isFalse();
            }
        }
    }

    @Test
    void unsignedMessageVerifiesUnderNoKey() {
        var message = Bytes.message(writer().build());

        assertThat(message.hasMessageIntegrity()).isFalse();
        assertThat(message.verifyIntegrity(KEY)).isFalse();
        assertThat(message.verifyIntegrity(new byte[0])).isFalse();
        assertThat(message.isFingerprintValid()).isFalse();
    }

    @Test
    void longMessagesGrowTheBuffer() {
        var writer = writer();
        for (int i = 0; i < 50; i++) {
            writer.attribute(0x7F00 + i, new byte[i]);
        }

        assertThat(Bytes.message(writer.buildSigned(KEY)).verifyIntegrity(KEY)).isTrue();
    }

    @Test
    void writerRefusesOurOwnMistakes() {
        assertThatThrownBy(() -> writer().channelNumber(0x5000))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer().errorCode(200, ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new StunWriter(MessageClass.REQUEST, 0x1000, ID))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static StunWriter writer() {
        return new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, ID);
    }
}
