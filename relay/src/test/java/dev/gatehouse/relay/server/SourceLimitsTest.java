package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.config;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.login.StampSecret;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.policy.SourceShares;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Users with good credentials who want more than their share, and strangers who want anything.
class SourceLimitsTest {
    private static final IpAddress HOSTILE = IpAddress.parse("198.51.100.66");
    private static final IpAddress OFFICE = IpAddress.parse("198.51.100.7");

    private final RelayHarness relay =
            new RelayHarness(
                    config(true, true),
                    new StampSecret(RelayHarness.SECRET),
                    new SplittableRandom(1));

    @Test
    void oneAddressCannotTakeAllPorts() {
        for (int i = 0; i < 10_000; i++) {
            allocate(new Endpoint(HOSTILE, 1_024 + i), "hostile" + i);
            relay.nowNs += 20_000_000;
        }

        assertThat(relay.server.statistics().allocations()).isEqualTo(SourceShares.ALLOCATIONS_MAX);
        assertThat(count(RelayCounter.ALLOCATIONS_REFUSED))
                .isEqualTo(10_000 - SourceShares.ALLOCATIONS_MAX);
        assertThat(allocate(CLIENT_V4, "honest")).isTrue();
    }

    @Test
    void portsThatAreFreedCountNoMore() {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 3_000; i++) {
                assertThat(allocate(new Endpoint(HOSTILE, 1_024 + i), "user" + i)).isTrue();
            }
            relay.advance(700);
        }

        assertThat(relay.server.statistics().allocations()).isZero();
    }

    @Test
    void anOfficeOfAThousandBeginsAtOnceAndAgain() {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1_000; i++) {
                var client = new Endpoint(OFFICE, 10_000 + 1_000 * round + i);
                assertThat(allocate(client, round + "user" + i)).isTrue();
                assertThat(isAnswered(client, binding())).isTrue();
            }
            relay.nowNs += 10 * RelayHarness.SECOND_NS;
        }
    }

    @Test
    void anOfficeThatIsRelayedAsksEverySecond() {
        for (int i = 0; i < 1_000; i++) {
            allocate(new Endpoint(OFFICE, 10_000 + i), "user" + i);
        }
        for (int second = 0; second < 20; second++) {
            relay.nowNs += RelayHarness.SECOND_NS;
            for (int i = 0; i < 1_000; i++) {
                assertThat(isAnswered(new Endpoint(OFFICE, 10_000 + i), binding())).isTrue();
            }
        }
    }

    @Test
    void aGatewayBindsAllChannelsOfItsAllocationAtOnce() {
        allocate(CLIENT_V4, "gateway");
        for (int i = 0; i < 4_096; i++) {
            assertThat(bind(CLIENT_V4, "gateway", i)).isTrue();
        }
        assertThat(relay.server.statistics().channels()).isEqualTo(4_096);
    }

    @Test
    void requestsWithCredentialsAreLimitedBySource() {
        var client = CLIENT_V4;
        int answered = 0;
        for (int i = 0; i < 30_000; i++) {
            if (i % 5_000 == 0) { // with another socket: a nonce is good for 10,000
                client = new Endpoint(HOSTILE, 10_000 + i);
                allocate(client, "hostile" + i);
            }
            answered += bind(client, "hostile" + i / 5_000 * 5_000, i % 100) ? 1 : 0;
        }

        assertThat(answered).isBetween(19_000, SourceShares.REQUESTS_BURST);
        assertThat(count(RelayCounter.DROPPED_REQUESTS_EXCESS)).isPositive();
        assertThat(allocate(new Endpoint(OFFICE, 10_000), "honest")).isTrue();
    }

    @Test
    void aUserWithManyChannelsLeavesTheLastQuarterToOthers() {
        var few =
                new RelayHarness(
                        config(true, true, 65_535, new RelayLimits(100, 400, 100_000, 100_000)),
                        new StampSecret(RelayHarness.SECRET),
                        new SplittableRandom(1));
        allocate(few, CLIENT_V4, "hostile");
        for (int i = 0; i < 1_000; i++) {
            bind(few, CLIENT_V4, "hostile", i);
        }
        assertThat(few.server.statistics().channels()).isEqualTo(300);
        assertThat(few.server.statistics().get(RelayCounter.CHANNELS_REFUSED)).isEqualTo(700);

        var honest = new Endpoint(OFFICE, 10_000);
        allocate(few, honest, "honest");
        assertThat(bind(few, honest, "honest", 0)).isTrue();
    }

    @Test
    void strangersPushOutNoNonceOfAUser() {
        allocate(CLIENT_V4, "honest");
        String nonce = lastNonce;
        for (int i = 0; i < 100_000; i++) {
            relay.fetchNonce(new Endpoint(IpAddress.v4(0x0B000000 + i), 4_000));
        }

        lastNonce = nonce;
        assertThat(count(RelayCounter.NONCES_EVICTED)).isPositive();
        assertThat(bindWith(relay, CLIENT_V4, "honest", 0, nonce)).isTrue();
    }

    @Test
    void longMessagesAreNotEvenDecoded() {
        byte[] message = permissions(3_000);
        long bytes =
                AllocatedBytes.of(1_000, _ -> assertThat(relay.fromClient(CLIENT_V4, message)));

        assertThat(count(RelayCounter.DROPPED_OVERSIZED_MESSAGE)).isEqualTo(1_000);
        assertThat(bytes / 1_000).isLessThan(4_096);
    }

    @Test
    void aPermissionForEachAddressCostsTheSame() {
        allocate(CLIENT_V4, "user");
        permissionCost(8); // loads classes
        long few = permissionCost(16);
        long many = permissionCost(128);

        assertThat(many).isLessThanOrEqualTo(10 * few);
    }

    private long permissionCost(int addresses) {
        byte[] message = permissions(addresses);
        assertThat(message.length).isLessThan(RelayServer.MESSAGE_LENGTH_MAX);
        return AllocatedBytes.of(20, _ -> relay.fromClient(CLIENT_V4, message));
    }

    private byte[] permissions(int addresses) {
        return relay.signed(
                StunMethods.CREATE_PERMISSION,
                "1892160000:user",
                lastNonce,
                w -> {
                    for (int i = 0; i < addresses; i++) {
                        w.xorPeerAddress(new Endpoint(IpAddress.v4(0xC0000201 + i), 1));
                    }
                    return w;
                });
    }

    private String lastNonce = "00000000-0000-0000-0000-000000000000";

    private boolean allocate(Endpoint client, String user) {
        return allocate(relay, client, user);
    }

    private boolean allocate(RelayHarness on, Endpoint client, String user) {
        var challenge =
                on.fromClient(
                        client, on.request(StunMethods.ALLOCATE).requestedTransportUdp().build());
        lastNonce = decode(challenge).flatMap(StunMessage::nonce).orElse(lastNonce);
        byte[] request =
                on.signed(
                        StunMethods.ALLOCATE,
                        "1892160000:" + user,
                        lastNonce,
                        StunWriter::requestedTransportUdp);
        return isSuccess(on.fromClient(client, request));
    }

    private boolean bind(Endpoint client, String user, int i) {
        return bind(relay, client, user, i);
    }

    private boolean bind(RelayHarness on, Endpoint client, String user, int i) {
        return bindWith(on, client, user, i, lastNonce);
    }

    private static boolean bindWith(
            RelayHarness on, Endpoint client, String user, int i, String nonce) {
        var peer = new Endpoint(IpAddress.v4(0xC0000205), 10_000 + i);
        return isSuccess(
                on.fromClient(
                        client,
                        on.signed(
                                StunMethods.CHANNEL_BIND,
                                "1892160000:" + user,
                                nonce,
                                w -> w.channelNumber(0x4000 + i).xorPeerAddress(peer))));
    }

    private byte[] binding() {
        return relay.request(StunMethods.BINDING).build();
    }

    private boolean isAnswered(Endpoint client, byte[] request) {
        return !relay.fromClient(client, request).isEmpty();
    }

    private long count(RelayCounter counter) {
        return relay.server.statistics().get(counter);
    }

    private static boolean isSuccess(List<Output> outputs) {
        return decode(outputs)
                .filter(m -> m.messageClass() == StunMessage.MessageClass.SUCCESS)
                .isPresent();
    }

    /// The last reply, if there is one.
    private static Optional<StunMessage> decode(List<Output> outputs) {
        return outputs.reversed().stream()
                .filter(Output.Sent.class::isInstance)
                .map(output -> HexFormat.of().parseHex(((Output.Sent) output).datagrams().get(0)))
                .map(bytes -> StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length))
                .map(StunMessage.class::cast)
                .findFirst();
    }
}
