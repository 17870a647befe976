package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.LOWEST_PORT;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V4;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static dev.gatehouse.relay.server.RelayHarness.channelData;
import static dev.gatehouse.relay.server.RelayHarness.listener;
import static dev.gatehouse.relay.server.RelayHarness.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostileInputTest {
    private final RelayHarness relay = RelayHarness.dualStack();

    @ParameterizedTest
    @CsvSource({
        "0x000C, 50000000, 400", // channel number out of range
        "0x000C, 3FFF0000, 400",
        "0x000C, 4000, 500", // cut short
        "0x000D, 0000, 500",
        "0x000D, 000000000000, 400", // too long
        "0x0012, 0003D0522112A442, 400", // no such family
        "0x0012, 0001D052, 500",
        "0x0012, 0002D0522112A442, 500",
        "0x0017, 03000000, 400",
        "0x0017, '', 500",
        "0x8000, 00000000, 400",
        "0x0019, 11, 500",
        "0x0008, 00, 500",
        "0x0006, FF, 400", // not UTF-8
    })
    void undecodableAttributesGetAnUnsignedError(int type, String value, int code) {
        var request =
                relay.request(StunMethods.ALLOCATE)
                        .requestedTransportUdp()
                        .username(USER)
                        .attribute(type, HexFormat.of().parseHex(value));
        if (type == StunAttributes.USERNAME || type == StunAttributes.REQUESTED_TRANSPORT) {
            request =
                    relay.request(StunMethods.ALLOCATE)
                            .attribute(type, HexFormat.of().parseHex(value));
        }

        var outputs = relay.fromClient(CLIENT_V4, request.build());

        String reason = code == 400 ? "Bad Request" : "Server Error";
        var expected = relay.error(StunMethods.ALLOCATE, code, reason).build();
        assertThat(outputs).isEqualTo(reply(CLIENT_V4, expected));
    }

    @Test
    void aTextThatIsTooLongIsABadRequest() {
        var nonce = "n".repeat(128);
        var request = relay.request(StunMethods.REFRESH).username(USER).nonce(nonce).build();

        assertThat(relay.fromClient(CLIENT_V4, request))
                .isEqualTo(unsigned400(StunMethods.REFRESH));
    }

    @Test
    void unknownAttributesAreSkippedEvenIfComprehensionIsRequired() {
        var request =
                relay.request(StunMethods.BINDING)
                        .attribute(0x0002, new byte[9])
                        .attribute(StunAttributes.FINGERPRINT, new byte[4])
                        .attribute(StunAttributes.PRIORITY, new byte[1])
                        .build();

        assertThat(relay.fromClient(CLIENT_V4, request)).hasSize(1);
        assertThat(relay.server.statistics().replies(RelayStatistics.MessageType.BINDING, 0))
                .isOne();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x002, 0x006, 0x007, 0x00A, 0x00B, 0x0FF})
    void unknownMethodsAreABadRequest(int method) {
        var outputs = relay.fromClient(CLIENT_V4, relay.request(method).build());

        assertThat(outputs).isEqualTo(unsigned400(method));
    }

    @Test
    void incompleteRequestsAreABadRequestBeforeAuthentication() {
        relay.fetchNonce(CLIENT_V4);
        assertThat(relay.fromClient(CLIENT_V4, relay.signed(StunMethods.ALLOCATE, 1, w -> w)))
                .isEqualTo(unsigned400(StunMethods.ALLOCATE));
        var noPeer = relay.signed(StunMethods.CHANNEL_BIND, 1, w -> w.channelNumber(0x4000));
        assertThat(relay.fromClient(CLIENT_V4, noPeer))
                .isEqualTo(unsigned400(StunMethods.CHANNEL_BIND));
        var noNumber = relay.signed(StunMethods.CHANNEL_BIND, 1, w -> w.xorPeerAddress(PEER_V4));
        assertThat(relay.fromClient(CLIENT_V4, noNumber))
                .isEqualTo(unsigned400(StunMethods.CHANNEL_BIND));
    }

    @Test
    void indicationsAndResponsesAreDropped() {
        for (var messageClass : MessageClass.values()) {
            var message =
                    new StunWriter(messageClass, StunMethods.SEND, relay.nextTransaction()).build();
            boolean isRequest = messageClass == MessageClass.REQUEST;
            assertThat(relay.fromClient(CLIENT_V4, message)).hasSize(isRequest ? 1 : 0);
        }
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_NOT_A_REQUEST)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "04",
                "50000000",
                "7FFF0000",
                "80",
                "FF",
                "000100002112A4", // short
                "00010000DEADBEEF000000000000000000000000", // cookie
                "000100042112A442000000000000000000000000", // length
                "000100042112A442000000000000000000000000000C0008" // attribute
            })
    void whatIsNeitherStunNorChannelDataIsDropped(String datagram) {
        assertThat(relay.fromClient(CLIENT_V4, HexFormat.of().parseHex(datagram))).isEmpty();
    }

    @Test
    void datagramsFromPortZeroAreDropped() {
        var portZero = new Endpoint(CLIENT_V4.address(), 0);

        assertThat(relay.fromClient(portZero, relay.request(StunMethods.BINDING).build()))
                .isEmpty();
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_PORT_ZERO)).isOne();
    }

    /// No input makes the server throw, and none makes it send from a port it did not open.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedTrafficNeverThrows(long seed) {
        var random = new SplittableRandom(seed);
        relay.allocate(CLIENT_V4, 1, USER);
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);
        for (int round = 0; round < 5_000; round++) {
            var datagrams = new byte[1 + random.nextInt(4)][];
            for (int i = 0; i < datagrams.length; i++) {
                datagrams[i] = mutate(sample(random), random);
            }
            boolean fromClient = random.nextInt(3) > 0;
            var remote = fromClient ? CLIENT_V4 : PEER_V4;
            int port = fromClient ? 3478 : LOWEST_PORT + random.nextInt(2);
            var outputs =
                    relay.handle(new Endpoint(listener(remote).address(), port), remote, datagrams);
            assertThat(outputs).hasSizeLessThanOrEqualTo(4 * datagrams.length);
            relay.nowNs += random.nextLong(RelayHarness.SECOND_NS);
        }
    }

    private byte[] sample(SplittableRandom random) {
        List<byte[]> samples = new ArrayList<>();
        samples.add(channelData(0x4000, new byte[random.nextInt(64)]));
        samples.add(relay.request(StunMethods.BINDING).build());
        samples.add(
                relay.signed(
                        StunMethods.ALLOCATE,
                        1,
                        w -> w.requestedTransportUdp().additionalAddressFamilyIpv6()));
        samples.add(relay.signed(StunMethods.REFRESH, 1, w -> w.lifetime(random.nextInt(700))));
        samples.add(
                relay.signed(
                        StunMethods.CHANNEL_BIND,
                        1,
                        w -> w.channelNumber(0x4000).xorPeerAddress(PEER_V4)));
        return samples.get(random.nextInt(samples.size()));
    }

    private static byte[] mutate(byte[] datagram, SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return datagram;
        }
        var mutated = datagram.clone();
        for (int flips = random.nextInt(4); flips > 0; flips--) {
            mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
        }
        return random.nextInt(3) == 0
                ? Arrays.copyOf(mutated, random.nextInt(mutated.length + 8))
                : mutated;
    }

    private List<RelayHarness.Output> unsigned400(int method) {
        return reply(CLIENT_V4, relay.error(method, 400, "Bad Request").build());
    }
}
