package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V6;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V4;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V6;
import static dev.gatehouse.relay.server.RelayHarness.LOWEST_PORT;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V4;
import static dev.gatehouse.relay.server.RelayHarness.SECOND_NS;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static dev.gatehouse.relay.server.RelayHarness.channelData;
import static dev.gatehouse.relay.server.RelayHarness.config;
import static dev.gatehouse.relay.server.RelayHarness.hex;
import static dev.gatehouse.relay.server.RelayHarness.key;
import static dev.gatehouse.relay.server.RelayHarness.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.allocation.ActionQueue;
import dev.gatehouse.relay.server.allocation.Allocations;
import dev.gatehouse.relay.server.allocation.RelayAction;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllocateTest {
    private static final byte[] KEY = key(USER);

    private final RelayHarness relay = RelayHarness.dualStack();

    static Stream<Endpoint> clients() {
        return Stream.of(CLIENT_V4, CLIENT_V6);
    }

    @ParameterizedTest
    @MethodSource("clients")
    void bindingTellsTheSourceAddress(Endpoint client) {
        var outputs = relay.fromClient(client, relay.request(StunMethods.BINDING).build());

        var expected = relay.success(StunMethods.BINDING).xorMappedAddress(client).build();
        assertThat(outputs).isEqualTo(reply(client, expected));
    }

    @Test
    void repliesLeaveFromTheAddressThatTheRequestWasSentTo() {
        var alias = Endpoint.parse("10.0.0.4:3478");

        var outputs = relay.handle(alias, CLIENT_V4, relay.request(StunMethods.BINDING).build());

        assertThat(outputs.getFirst())
                .isInstanceOfSatisfying(
                        Output.Sent.class, sent -> assertThat(sent.from()).isEqualTo(alias));
    }

    @Test
    void allocateOpensAPortThatIsClosedWhenTheLifetimePasses() {
        relay.fetchNonce(CLIENT_V4);

        var outputs = allocate(CLIENT_V4, w -> w.lifetime(90));

        assertThat(outputs)
                .containsExactly(
                        new Output.Opened(LOWEST_PORT, Family.IPV4),
                        new Output.Sent(
                                LISTENER_V4,
                                CLIENT_V4,
                                List.of(
                                        hex(
                                                relay.success(StunMethods.ALLOCATE)
                                                        .xorRelayedAddress(relayed(LISTENER_V4))
                                                        .xorMappedAddress(CLIENT_V4)
                                                        .lifetime(90)
                                                        .buildSigned(KEY)))));
        assertThat(relay.server.pollTimeout()).isEqualTo(90 * SECOND_NS);
        assertThat(relay.advance(89)).isEmpty();
        assertThat(relay.advance(1)).containsExactly(new Output.Closed(LOWEST_PORT, Family.IPV4));
        assertThat(relay.server.pollTimeout()).isEqualTo(RelayServer.NEVER);
    }

    @Test
    void bothFamiliesShareOnePort() {
        relay.fetchNonce(CLIENT_V6);

        var outputs = allocate(CLIENT_V6, StunWriter::additionalAddressFamilyIpv6);

        assertThat(outputs)
                .containsExactly(
                        new Output.Opened(LOWEST_PORT, Family.IPV4),
                        new Output.Opened(LOWEST_PORT, Family.IPV6),
                        new Output.Sent(
                                LISTENER_V6,
                                CLIENT_V6,
                                List.of(
                                        hex(
                                                relay.success(StunMethods.ALLOCATE)
                                                        .xorRelayedAddress(relayed(LISTENER_V4))
                                                        .xorRelayedAddress(relayed(LISTENER_V6))
                                                        .xorMappedAddress(CLIENT_V6)
                                                        .lifetime(600)
                                                        .buildSigned(KEY)))));
    }

    static Stream<Arguments> familyTable() {
        return Stream.of(
                Arguments.of("", "", "v4", "440", "v4"),
                Arguments.of("v4", "", "v4", "440", "v4"),
                Arguments.of("v6", "", "440", "v6", "v6"),
                Arguments.of("", "v6", "v4", "v6", "v4 v6"),
                Arguments.of("", "v4", "400", "400", "400"),
                Arguments.of("v4", "v4", "400", "400", "400"),
                Arguments.of("v4", "v6", "400", "400", "400"),
                Arguments.of("v6", "v6", "400", "400", "400"));
    }

    @ParameterizedTest
    @MethodSource("familyTable")
    void familiesFollowTheTable(
            String requested, String additional, String onV4, String onV6, String onBoth) {
        assertThat(familiesOrError(config(true, false), requested, additional)).isEqualTo(onV4);
        assertThat(familiesOrError(config(false, true), requested, additional)).isEqualTo(onV6);
        assertThat(familiesOrError(config(true, true), requested, additional)).isEqualTo(onBoth);
    }

    private static String familiesOrError(RelayConfig config, String requested, String additional) {
        var relay = new RelayHarness(config);
        var client = config.publicV4().isPresent() ? CLIENT_V4 : CLIENT_V6;
        relay.fetchNonce(client);
        var request =
                relay.signed(
                        StunMethods.ALLOCATE,
                        1,
                        w -> {
                            w.requestedTransportUdp();
                            family(w, StunAttributes.REQUESTED_ADDRESS_FAMILY, requested);
                            return family(w, StunAttributes.ADDITIONAL_ADDRESS_FAMILY, additional);
                        });
        var outputs = relay.fromClient(client, request);
        var opened = new ArrayList<String>();
        for (var output : outputs) {
            if (output instanceof Output.Opened(int port, var family)) {
                assertThat(port).isEqualTo(LOWEST_PORT);
                opened.add(family == Family.IPV4 ? "v4" : "v6");
            }
        }
        if (!opened.isEmpty()) {
            return String.join(" ", opened);
        }
        for (var error : List.of("400 Bad Request", "440 Address Family not Supported")) {
            int code = Integer.parseInt(error.substring(0, 3));
            var expected = relay.error(StunMethods.ALLOCATE, code, error.substring(4));
            if (outputs.equals(reply(client, expected.buildSigned(KEY)))) {
                return Integer.toString(code);
            }
        }
        return outputs.toString();
    }

    private static StunWriter family(StunWriter writer, int attribute, String family) {
        if (family.isEmpty()) {
            return writer;
        }
        byte number = (byte) (family.equals("v4") ? 1 : 2);
        return writer.attribute(attribute, new byte[] {number, 0, 0, 0});
    }

    @ParameterizedTest
    @CsvSource({"0,600", "1,1", "3600,3600", "3601,3600", "10000000,3600", "4294967295,3600"})
    void lifetimeIsCutToAnHour(long requested, long granted) {
        relay.fetchNonce(CLIENT_V4);

        allocate(CLIENT_V4, w -> w.lifetime(requested));

        assertThat(relay.server.pollTimeout()).isEqualTo(granted * SECOND_NS);
    }

    @Test
    void anAllocateThatComesTwiceGetsTheSameAnswer() {
        relay.fetchNonce(CLIENT_V4);
        var request = allocateRequest(USER, w -> w.additionalAddressFamilyIpv6().lifetime(0));
        var first = relay.fromClient(CLIENT_V4, request);
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);
        relay.advance(8);

        var second = relay.fromClient(CLIENT_V4, request);

        assertThat(second).isEqualTo(first.subList(2, 3)); // the first opened two ports
        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4000, new byte[8]))).hasSize(1);
        assertThat(relay.server.pollTimeout()).isEqualTo(600 * SECOND_NS);
        assertThat(relay.server.statistics().get(RelayCounter.RETRANSMISSIONS)).isOne();
    }

    @Test
    void anotherUserDoesNotGetTheAnswerOfTheFirst() {
        relay.fetchNonce(CLIENT_V4);
        relay.fromClient(CLIENT_V4, allocateRequest(USER, w -> w));
        var bob = "1892160000:bob";
        var request =
                new StunWriter(MessageClass.REQUEST, StunMethods.ALLOCATE, relay.lastTransaction())
                        .requestedTransportUdp()
                        .username(bob)
                        .realm("firezone")
                        .nonce(RelayHarness.nonce(1))
                        .buildSigned(key(bob));

        var outputs = relay.fromClient(CLIENT_V4, request);

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                relay.error(StunMethods.ALLOCATE, 437, "Allocation Mismatch")
                                        .buildSigned(key(bob))));
    }

    @Test
    void aRefreshToZeroThatComesTwiceGetsTheSameAnswer() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w);
        var request = relay.signed(StunMethods.REFRESH, 1, w -> w.lifetime(0));
        var first = relay.fromClient(CLIENT_V4, request);

        assertThat(relay.fromClient(CLIENT_V4, request)).isEqualTo(first.subList(1, 2));
        relay.advance(40);
        assertThat(relay.fromClient(CLIENT_V4, request))
                .isEqualTo(error(StunMethods.REFRESH, 437, "Allocation Mismatch"));
    }

    @Test
    void bindsAndPermissionsThatComeTwiceGetTheSameAnswer() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w);
        for (int method : List.of(StunMethods.CHANNEL_BIND, StunMethods.CREATE_PERMISSION)) {
            var request =
                    relay.signed(method, 1, w -> w.channelNumber(0x4000).xorPeerAddress(PEER_V4));

            var first = relay.fromClient(CLIENT_V4, request);

            assertThat(first).hasSize(1);
            assertThat(relay.fromClient(CLIENT_V4, request)).isEqualTo(first);
        }
        assertThat(relay.server.statistics().channels()).isOne();
    }

    @Test
    void aSecondAllocateOfTheSameSocketIsAMismatch() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w);

        var outputs = allocate(CLIENT_V4, w -> w);

        assertThat(outputs).isEqualTo(error(StunMethods.ALLOCATE, 437, "Allocation Mismatch"));
    }

    @Test
    void aTransportOtherThanUdpIsABadRequest() {
        relay.fetchNonce(CLIENT_V4);
        var tcp = new byte[] {6, 0, 0, 0};

        var outputs =
                relay.fromClient(
                        CLIENT_V4,
                        relay.signed(
                                StunMethods.ALLOCATE,
                                1,
                                w -> w.attribute(StunAttributes.REQUESTED_TRANSPORT, tcp)));

        assertThat(outputs).isEqualTo(error(StunMethods.ALLOCATE, 400, "Bad Request"));
    }

    @Test
    void aFullPortRangeIsInsufficientCapacity() {
        var small = new RelayHarness(config(true, false, LOWEST_PORT, RelayLimits.DEFAULT));
        small.allocate(Endpoint.parse("198.51.100.8:1"), 1, "1892160000:bob");
        small.fetchNonce(CLIENT_V4);

        var outputs =
                small.fromClient(
                        CLIENT_V4,
                        small.signed(StunMethods.ALLOCATE, 2, StunWriter::requestedTransportUdp));

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                small.error(StunMethods.ALLOCATE, 508, "Insufficient Capacity")
                                        .buildSigned(KEY)));
    }

    @Test
    void everyPortOfACrowdedRangeIsFoundButNeverTheListeningPort() {
        var narrow =
                new RelayConfig(
                        config(true, false).publicV4(),
                        config(true, false).publicV6(),
                        LOWEST_PORT + 1,
                        LOWEST_PORT,
                        LOWEST_PORT + 3,
                        RelayHarness.SOFTWARE,
                        RelayLimits.DEFAULT,
                        List.of());
        var actions = new ActionQueue();
        var random = new RelayHarness.SequentialRandom();
        var allocations = new Allocations(narrow, random, actions, new RelayStatistics(), 0);

        for (int i = 1; i <= 3; i++) {
            assertThat(allocations.isFull()).isFalse();
            var client = new Endpoint(CLIENT_V4.address(), i);
            allocations.add(client, LISTENER_V4, "1:" + i, List.of(Family.IPV4), 1);
        }

        assertThat(allocations.isFull()).isTrue();
        assertThat(allocations.ofPort(LOWEST_PORT + 1)).isNull();
        assertThat(allocations.ofPort(LOWEST_PORT + 3)).isNotNull();
    }

    @Test
    void refreshCountsFromItsOwnTime() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w.lifetime(600));
        relay.advance(500);

        var outputs = refresh(CLIENT_V4, w -> w.lifetime(200));

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                relay.success(StunMethods.REFRESH).lifetime(200).buildSigned(KEY)));
        assertThat(relay.server.pollTimeout()).isEqualTo(700 * SECOND_NS);
    }

    @Test
    void refreshWithoutLifetimeMeansTenMinutesAndIgnoresFamilies() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w);
        relay.advance(1);

        var outputs =
                refresh(CLIENT_V4, w -> w.requestedTransportUdp().additionalAddressFamilyIpv6());

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                relay.success(StunMethods.REFRESH).lifetime(600).buildSigned(KEY)));
        assertThat(relay.server.pollTimeout()).isEqualTo(601 * SECOND_NS);
    }

    @Test
    void refreshToZeroFreesPortAndChannelsAtOnce() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w);
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);

        var outputs = refresh(CLIENT_V4, w -> w.lifetime(0));

        assertThat(outputs)
                .containsExactly(
                        new Output.Closed(LOWEST_PORT, Family.IPV4),
                        new Output.Sent(
                                LISTENER_V4,
                                CLIENT_V4,
                                List.of(
                                        hex(
                                                relay.success(StunMethods.REFRESH)
                                                        .lifetime(0)
                                                        .buildSigned(KEY)))));
        assertThat(relay.server.pollTimeout()).isEqualTo(RelayServer.NEVER);
        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4000, new byte[8]))).isEmpty();
        assertThat(relay.advance(3600)).isEmpty();
        assertThat(relay.server.statistics().channels()).isZero();
    }

    @Test
    void channelsEndWithTheirAllocation() {
        relay.fetchNonce(CLIENT_V4);
        allocate(CLIENT_V4, w -> w.lifetime(60));
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);

        assertThat(relay.advance(60)).containsExactly(new Output.Closed(LOWEST_PORT, Family.IPV4));

        assertThat(relay.server.pollTimeout()).isEqualTo(RelayServer.NEVER);
        assertThat(relay.fromPeer(PEER_V4, LOWEST_PORT, new byte[8])).isEmpty();
    }

    @Test
    void refreshWithoutAllocationIsAMismatch() {
        relay.fetchNonce(CLIENT_V4);

        var outputs = refresh(CLIENT_V4, w -> w);

        assertThat(outputs).isEqualTo(error(StunMethods.REFRESH, 437, "Allocation Mismatch"));
    }

    @Test
    void anotherUserMayRefresh() {
        relay.allocate(CLIENT_V4, 1, "1892160000:bob");

        var outputs = refresh(CLIENT_V4, w -> w);

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                relay.success(StunMethods.REFRESH).lifetime(600).buildSigned(KEY)));
    }

    @Test
    void anAllocateOfTheSameUserFromAnotherSocketReplacesTheFirst() {
        relay.allocate(CLIENT_V4, 1, USER);
        relay.fetchNonce(CLIENT_V6);

        var outputs =
                relay.fromClient(
                        CLIENT_V6,
                        relay.signed(StunMethods.ALLOCATE, 2, StunWriter::requestedTransportUdp));

        assertThat(outputs)
                .containsExactly(
                        new Output.Closed(LOWEST_PORT, Family.IPV4),
                        new Output.Closed(LOWEST_PORT, Family.IPV6),
                        new Output.Opened(LOWEST_PORT + 1, Family.IPV4),
                        new Output.Sent(
                                LISTENER_V6,
                                CLIENT_V6,
                                List.of(
                                        hex(
                                                relay.success(StunMethods.ALLOCATE)
                                                        .xorRelayedAddress(
                                                                new Endpoint(
                                                                        LISTENER_V4.address(),
                                                                        LOWEST_PORT + 1))
                                                        .xorMappedAddress(CLIENT_V6)
                                                        .lifetime(600)
                                                        .buildSigned(KEY)))));
        assertThat(relay.server.statistics().get(RelayCounter.ALLOCATIONS_REPLACED)).isOne();
    }

    @Test
    void createPermissionSucceedsWithoutAllocation() {
        relay.fetchNonce(CLIENT_V4);

        var outputs =
                relay.fromClient(CLIENT_V4, relay.signed(StunMethods.CREATE_PERMISSION, 1, w -> w));

        assertThat(outputs)
                .isEqualTo(
                        reply(
                                CLIENT_V4,
                                relay.success(StunMethods.CREATE_PERMISSION).buildSigned(KEY)));
    }

    @Test
    void aPortThatCannotBeOpenedEndsItsAllocation() {
        relay.allocate(CLIENT_V4, 1, USER);

        relay.server.handlePortFailed(LOWEST_PORT);

        assertThat(relay.drain())
                .containsExactly(
                        new Output.Closed(LOWEST_PORT, Family.IPV4),
                        new Output.Closed(LOWEST_PORT, Family.IPV6));
        assertThat(refresh(CLIENT_V4, w -> w))
                .isEqualTo(error(StunMethods.REFRESH, 437, "Allocation Mismatch"));
    }

    @Test
    void nobodyIsToldOfAPortThatCannotBeOpened() {
        relay.fetchNonce(CLIENT_V4);
        var asked =
                relay.signed(
                        StunMethods.ALLOCATE,
                        1,
                        w -> w.requestedTransportUdp().additionalAddressFamilyIpv6());
        relay.handleWithoutDraining(CLIENT_V4, asked);
        assertThat(relay.server.pollAction())
                .isEqualTo(new RelayAction.OpenPort(LOWEST_PORT, Family.IPV4));

        relay.server.handlePortFailed(LOWEST_PORT);

        assertThat(relay.drain())
                .containsExactly(
                        new Output.Closed(LOWEST_PORT, Family.IPV4),
                        new Output.Closed(LOWEST_PORT, Family.IPV6));
        assertThat(relay.fromClient(CLIENT_V4, asked))
                .startsWith(
                        new Output.Opened(LOWEST_PORT + 1, Family.IPV4),
                        new Output.Opened(LOWEST_PORT + 1, Family.IPV6))
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 70000, -1})
    void aPortOutOfRangeIsRefused(int port) {
        var config = config(true, true);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new RelayConfig(
                                        config.publicV4(),
                                        config.publicV6(),
                                        port,
                                        LOWEST_PORT,
                                        65535,
                                        "",
                                        RelayLimits.DEFAULT,
                                        List.of()));
    }

    private List<Output> allocate(Endpoint client, UnaryOperator<StunWriter> attributes) {
        return relay.fromClient(client, allocateRequest(USER, attributes));
    }

    private byte[] allocateRequest(String user, UnaryOperator<StunWriter> attributes) {
        return relay.signed(
                StunMethods.ALLOCATE,
                user,
                RelayHarness.nonce(1),
                w -> attributes.apply(w.requestedTransportUdp()));
    }

    private List<Output> refresh(Endpoint client, UnaryOperator<StunWriter> attributes) {
        return relay.fromClient(client, relay.signed(StunMethods.REFRESH, 1, attributes));
    }

    private List<Output> error(int method, int code, String reason) {
        return reply(CLIENT_V4, relay.error(method, code, reason).buildSigned(KEY));
    }

    private static Endpoint relayed(Endpoint listener) {
        return new Endpoint(listener.address(), LOWEST_PORT);
    }
}
