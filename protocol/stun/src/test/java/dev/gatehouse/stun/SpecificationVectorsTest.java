package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The byte vectors of tunnel.md 2.8 and 3.2 and of relay.md 6.2 and 7.1.
class SpecificationVectorsTest {
    private static final TransactionId ID = new TransactionId(0x01020304, 0x05060708, 0x090a0b0c);
    private static final byte[] PASSWORD = Bytes.text("client-side-password22");

    @Test
    void iceRequestIsWrittenAsSpecified() {
        byte[] written =
                new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, ID)
                        .username("cl7x:gw9q")
                        .iceControlled(0x1122334455667788L)
                        .priority(1862270719L)
                        .buildSignedWithFingerprint(PASSWORD);

        assertThat(written)
                .asHexString()
                .isEqualToIgnoringCase(
                        "000100442112a4420102030405060708090a0b0c00060009636c37783a677739"
                                + "71000000802900081122334455667788002400046efffeff00080014650009ac"
                                + "41732def79d0958d74ea7d4033a736a28028000493a78b80");
        assertThat(Bytes.message(written).isFingerprintValid()).isTrue();
    }

    @Test
    void iceResponseIsWrittenAsSpecified() {
        byte[] written =
                new StunWriter(MessageClass.SUCCESS, StunMethods.BINDING, ID)
                        .xorMappedAddress(Endpoint.parse("192.0.2.10:52625"))
                        .buildSignedWithFingerprint(PASSWORD);

        assertThat(written)
                .asHexString()
                .isEqualToIgnoringCase(
                        "0101002c2112a4420102030405060708090a0b0c002000080001ec83e112a648"
                                + "00080014"
                                + "d798f5236c6fe5483ca0260cec2d1e461e3786bd80280004475fbc34");
    }

    @Test
    void firstAllocateIsWrittenAsSpecified() {
        String user = "1900000000:c2FsdA";
        byte[] key = TurnCredentials.longTermKey(user, "firezone", "not-a-real-secret");

        byte[] written =
                new StunWriter(MessageClass.REQUEST, StunMethods.ALLOCATE, ID)
                        .requestedTransportUdp()
                        .additionalAddressFamilyIpv6()
                        .software("snownet")
                        .username(user)
                        .realm(TurnCredentials.REALM)
                        .buildSigned(key);

        assertThat(key).asHexString().isEqualToIgnoringCase("6bf69f5e5a1ee750f4a77918dacd73d0");
        assertThat(written)
                .asHexString()
                .isEqualToIgnoringCase(
                        "000300582112a4420102030405060708090a0b0c001900041100000080000004"
                                + "0200000080220007736e6f776e65740000060011313930303030303030303a63"
                                + "324673644100000000140008666972657a6f6e6500080014712db2c3a287b6c4"
                                + "c79a9b88de5feb80af336310");
    }

    @ParameterizedTest
    @CsvSource({
        "4c98bf59c99b3e467ecd7cf9d6b3e5279645fca59be67bc5bb4af3cf653761ab, 1892160000,"
                + " n23JJ2wKKtt30oXi, 00hqldgk5xLeKKOB+xls9mHMVtgqzie9DulfgQwMv68",
        "1cab293a-4032-46f4-862a-40e5d174b0d2, 1685984278,"
                + " uvdgKvS9GXYZ_vmv, 6xUIoZ+QvxKhRasLifwfRkMXl+ETLJUsFkHlXjlHAkg"
    })
    void passwordIsDerivedFromTheStampSecret(
            String secret, long expiry, String salt, String password) {
        assertThat(TurnCredentials.password(expiry, secret, salt)).isEqualTo(password);
    }

    @Test
    void turnAttributesHaveTheSpecifiedLayout() {
        assertThat(attributes(writer().build())).isEmpty();
        assertThat(attributes(writer().xorMappedAddress(Endpoint.parse("192.0.2.9:40000")).build()))
                .isEqualTo("002000080001bd52e112a64b");
        assertThat(attributes(writer().channelNumber(0x4001).build()))
                .isEqualTo("000c000440010000");
        assertThat(attributes(writer().requestedAddressFamily(IpAddress.Family.IPV6).build()))
                .isEqualTo("0017000402000000");
        assertThat(attributes(writer().errorCode(438, "Stale Nonce").build()))
                .isEqualTo("0009000f00000426" + "5374616c65204e6f6e6365" + "00");
        assertThat(attributes(writer().lifetime(600).build())).isEqualTo("000d000400000258");
    }

    private static StunWriter writer() {
        return new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, ID);
    }

    private static String attributes(byte[] message) {
        return HexFormat.of().formatHex(Arrays.copyOfRange(message, 20, message.length));
    }
}
