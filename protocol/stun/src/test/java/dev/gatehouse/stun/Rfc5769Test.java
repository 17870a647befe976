package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.wire.Endpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The sample messages of RFC 5769.
class Rfc5769Test {
    private static final byte[] KEY = Bytes.text("VOkJxbRl1RmTxUk/WvJxBt");

    @Test
    void requestIsReadAndVerified() {
        var message = Bytes.message(vector("request"));

        assertThat(message.messageClass()).isEqualTo(MessageClass.REQUEST);
        assertThat(message.method()).isEqualTo(StunMethods.BINDING);
        assertThat(message.transactionId())
                .isEqualTo(new TransactionId(0xb7e7a701, 0xbc34d686, 0xfa87dfae));
        assertThat(message.software()).contains("STUN test client");
        assertThat(message.priority()).hasValue(0x6e0001ffL);
        assertThat(message.iceControlled()).hasValue(0x932ff9b151263b36L);
        assertThat(message.username()).contains("evtj:h6vY");
        assertThat(message.verifyIntegrity(KEY)).isTrue();
        assertThat(message.verifyIntegrity(Bytes.text("another"))).isFalse();
        assertThat(message.isFingerprintValid()).isTrue();
        assertThat(message.malformedAttribute()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "response-ipv4, 192.0.2.1:32853",
        "response-ipv6, [2001:db8:1234:5678:11:2233:4455:6677]:32853"
    })
    void responseIsReadAndVerified(String name, String mapped) {
        var message = Bytes.message(vector(name));

        assertThat(message.messageClass()).isEqualTo(MessageClass.SUCCESS);
        assertThat(message.software()).contains("test vector");
        assertThat(message.xorMappedAddress()).contains(Endpoint.parse(mapped));
        assertThat(message.verifyIntegrity(KEY)).isTrue();
        assertThat(message.isFingerprintValid()).isTrue();
    }

    @Test
    void longTermRequestIsWrittenToTheSameBytes() {
        String user = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";
        byte[] key = TurnCredentials.longTermKey(user, "example.org", "TheMatrIX");
        byte[] expected = vector("request-long-term");

        byte[] written =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(0x78ad3433, 0xc6ad72c0, 0x29da412e))
                        .username(user)
                        .nonce("f//499k954d6OL34oL9FSTvy64sA")
                        .realm("example.org")
                        .buildSigned(key);

        assertThat(written).isEqualTo(expected);
        assertThat(Bytes.message(expected).verifyIntegrity(key)).isTrue();
    }

    private static byte[] vector(String name) {
        return Bytes.hex(Bytes.resource("rfc5769/" + name + ".hex"));
    }
}
