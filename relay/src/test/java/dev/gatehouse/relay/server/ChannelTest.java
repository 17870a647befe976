package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V6;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V4;
import static dev.gatehouse.relay.server.RelayHarness.LOWEST_PORT;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V4;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V6;
import static dev.gatehouse.relay.server.RelayHarness.SECOND_NS;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static dev.gatehouse.relay.server.RelayHarness.channelData;
import static dev.gatehouse.relay.server.RelayHarness.hex;
import static dev.gatehouse.relay.server.RelayHarness.key;
import static dev.gatehouse.relay.server.RelayHarness.listener;
import static dev.gatehouse.relay.server.RelayHarness.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress.Family;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelTest {
    private static final int PORT = LOWEST_PORT;
    private static final Endpoint FROM_V4 = new Endpoint(Endpoint.ANY_V4.address(), PORT);
    private static final Endpoint FROM_V6 = new Endpoint(Endpoint.ANY_V6.address(), PORT);
    private static final byte[] PING = {1, 2, 3, 4, 5, 6, 7};

    private RelayHarness relay;

    @BeforeEach
    void allocate() {
        relay = RelayHarness.dualStack();
        relay.allocate(CLIENT_V4, 1, USER);
    }

    @Test
    void aBoundChannelRelaysBothWays() {
        assertThat(bind(0x4000, PEER_V4)).isEqualTo(bound());

        assertThat(fromClient(channelData(0x4000, PING)))
                .containsExactly(new Output.Sent(FROM_V4, PEER_V4, List.of(hex(PING))));
        assertThat(relay.fromPeer(PEER_V4, PORT, PING))
                .isEqualTo(reply(CLIENT_V4, channelData(0x4000, PING)));
    }

    static Stream<Arguments> crossings() {
        return Stream.of(
                Arguments.of(CLIENT_V4, PEER_V4, FROM_V4),
                Arguments.of(CLIENT_V4, PEER_V6, FROM_V6),
                Arguments.of(CLIENT_V6, PEER_V4, FROM_V4),
                Arguments.of(CLIENT_V6, PEER_V6, FROM_V6));
    }

    @ParameterizedTest
    @MethodSource("crossings")
    void familiesOfClientAndPeerAreIndependent(Endpoint client, Endpoint peer, Endpoint from) {
        var fresh = RelayHarness.dualStack();
        fresh.allocate(client, 1, USER);
        fresh.bind(client, 1, 0x4FFF, peer);

        assertThat(fresh.fromClient(client, channelData(0x4FFF, PING)))
                .containsExactly(new Output.Sent(from, peer, List.of(hex(PING))));
        assertThat(fresh.fromPeer(peer, PORT, PING))
                .containsExactly(
                        new Output.Sent(
                                listener(client), client, List.of(hex(channelData(0x4FFF, PING)))));
    }

    @Test
    void anAllocationOfIpv6AloneRelaysInIpv6() {
        var single = RelayHarness.dualStack();
        single.fetchNonce(CLIENT_V4);
        single.fromClient(
                CLIENT_V4,
                single.signed(
                        StunMethods.ALLOCATE,
                        1,
                        w -> w.requestedTransportUdp().requestedAddressFamily(Family.IPV6)));
        single.bind(CLIENT_V4, 1, 0x4000, PEER_V6);

        assertThat(single.fromClient(CLIENT_V4, channelData(0x4000, PING)))
                .containsExactly(new Output.Sent(FROM_V6, PEER_V6, List.of(hex(PING))));
        assertThat(single.fromPeer(PEER_V6, PORT, PING))
                .isEqualTo(reply(CLIENT_V4, channelData(0x4000, PING)));
    }

    @Test
    void paddingBehindTheLengthIsCut() {
        bind(0x4000, PEER_V4);
        byte[] padded = Arrays.copyOf(channelData(0x4000, PING), 4 + PING.length + 5);

        assertThat(fromClient(padded))
                .containsExactly(new Output.Sent(FROM_V4, PEER_V4, List.of(hex(PING))));
    }

    @Test
    void dataToClientsIsNeverPadded() {
        bind(0x4000, PEER_V4);

        assertThat(relay.fromPeer(PEER_V4, PORT, new byte[] {9}))
                .containsExactly(new Output.Sent(LISTENER_V4, CLIENT_V4, List.of("4000000109")));
    }

    @Test
    void emptyPayloadsAreRelayed() {
        bind(0x4000, PEER_V4);

        assertThat(fromClient(channelData(0x4000, new byte[0])))
                .containsExactly(new Output.Sent(FROM_V4, PEER_V4, List.of("")));
        assertThat(relay.fromPeer(PEER_V4, PORT, new byte[0]))
                .containsExactly(new Output.Sent(LISTENER_V4, CLIENT_V4, List.of("40000000")));
    }

    @Test
    void aLengthBeyondTheDatagramIsDropped() {
        bind(0x4000, PEER_V4);

        assertThat(fromClient(new byte[] {0x40, 0, 0, 5, 1, 2, 3, 4})).isEmpty();
        assertThat(fromClient(new byte[] {0x40, 0, 0})).isEmpty();
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_MALFORMED_CHANNEL_DATA))
                .isEqualTo(2);
    }

    @Test
    void unboundNumbersAndStrangersAreDroppedWithoutReply() {
        bind(0x4000, PEER_V4);

        assertThat(fromClient(channelData(0x4001, PING))).isEmpty();
        assertThat(relay.fromClient(CLIENT_V6, channelData(0x4000, PING))).isEmpty();
        assertThat(relay.fromPeer(PEER_V6, PORT, PING)).isEmpty();
        assertThat(relay.fromPeer(PEER_V4, PORT + 1, PING)).isEmpty();
    }

    @Test
    void aPeerIsKnownByItsExactPort() {
        bind(0x4000, PEER_V4);
        var otherPort = new Endpoint(PEER_V4.address(), PEER_V4.port() + 1);

        assertThat(relay.fromPeer(otherPort, PORT, PING)).isEmpty();
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_UNKNOWN_PEER)).isOne();
    }

    @Test
    void bindingWithoutAllocationIsAMismatch() {
        relay.fetchNonce(CLIENT_V6);
        var outputs =
                relay.fromClient(
                        CLIENT_V6,
                        relay.signed(
                                StunMethods.CHANNEL_BIND,
                                2,
                                w -> w.channelNumber(0x4000).xorPeerAddress(PEER_V4)));

        var expected = relay.error(StunMethods.CHANNEL_BIND, 437, "Allocation Mismatch");
        assertThat(outputs).isEqualTo(reply(CLIENT_V6, expected.buildSigned(key(USER))));
    }

    @Test
    void aPeerOfAFamilyThatIsNotAllocatedIsAMismatch() {
        var single = RelayHarness.dualStack();
        single.fetchNonce(CLIENT_V4);
        single.fromClient(
                CLIENT_V4,
                single.signed(StunMethods.ALLOCATE, 1, StunWriter::requestedTransportUdp));

        var outputs = single.bind(CLIENT_V4, 1, 0x4000, PEER_V6);

        var expected = single.error(StunMethods.CHANNEL_BIND, 443, "Peer Address Family Mismatch");
        assertThat(outputs).isEqualTo(reply(CLIENT_V4, expected.buildSigned(key(USER))));
    }

    @Test
    void numberAndPeerAreBoundOneToOne() {
        bind(0x4000, PEER_V4);

        assertThat(bind(0x4001, PEER_V4)).isEqualTo(conflict());
        assertThat(bind(0x4000, PEER_V6)).isEqualTo(conflict());
        assertThat(bind(0x4001, PEER_V6)).isEqualTo(bound());
        assertThat(bind(0x4001, PEER_V4)).isEqualTo(conflict());
    }

    @Test
    void aChannelRelaysForTenMinutesFromItsLastBinding() {
        keepAllocation();
        bind(0x4000, PEER_V4);
        relay.advance(400);
        bind(0x4000, PEER_V4);

        relay.advance(599);
        assertThat(fromClient(channelData(0x4000, PING))).hasSize(1);
        relay.advance(1);
        assertThat(fromClient(channelData(0x4000, PING))).isEmpty();
        assertThat(relay.fromPeer(PEER_V4, PORT, PING)).isEmpty();
    }

    @Test
    void inItsGracePeriodAPairStaysReservedAndMayComeBack() {
        keepAllocation();
        bind(0x4000, PEER_V4);
        relay.advance(600 + 299);

        assertThat(bind(0x4000, PEER_V6)).isEqualTo(conflict());
        assertThat(bind(0x4001, PEER_V4)).isEqualTo(conflict());
        assertThat(bind(0x4000, PEER_V4)).isEqualTo(bound());
        assertThat(fromClient(channelData(0x4000, PING))).hasSize(1);
    }

    @Test
    void afterTheGracePeriodNumberAndPeerAreFree() {
        keepAllocation();
        bind(0x4000, PEER_V4);
        relay.advance(600 + 300);

        assertThat(bind(0x4000, PEER_V6)).isEqualTo(bound());
        assertThat(bind(0x4001, PEER_V4)).isEqualTo(bound());
    }

    @Test
    void channelsBeyondTheLimitAreInsufficientCapacity() {
        var limits = new RelayLimits(100, 1, 100, 100);
        var small = new RelayHarness(RelayHarness.config(true, true, 65535, limits));
        small.allocate(CLIENT_V4, 1, USER);
        small.bind(CLIENT_V4, 1, 0x4000, PEER_V4);

        var outputs = small.bind(CLIENT_V4, 1, 0x4001, PEER_V6);

        var expected = small.error(StunMethods.CHANNEL_BIND, 508, "Insufficient Capacity");
        assertThat(outputs).isEqualTo(reply(CLIENT_V4, expected.buildSigned(key(USER))));
    }

    @Test
    void aRunToAPeerLeavesAsOneBatchAndAShorterPacketEndsIt() {
        bind(0x4000, PEER_V4);
        bind(0x4001, PEER_V6);

        var outputs =
                fromClient(
                        channelData(0x4000, filled(1, 40)),
                        Arrays.copyOf(channelData(0x4000, filled(2, 40)), 47), // padded
                        channelData(0x4000, filled(3, 12)),
                        channelData(0x4000, filled(4, 12)),
                        channelData(0x4000, filled(5, 40)),
                        channelData(0x4001, filled(6, 40)),
                        channelData(0x4002, filled(7, 40)),
                        channelData(0x4001, filled(8, 40)));

        assertThat(outputs)
                .containsExactly(
                        new Output.Sent(
                                FROM_V4,
                                PEER_V4,
                                List.of(
                                        hex(filled(1, 40)),
                                        hex(filled(2, 40)),
                                        hex(filled(3, 12)))),
                        new Output.Sent(FROM_V4, PEER_V4, List.of(hex(filled(4, 12)))),
                        new Output.Sent(FROM_V4, PEER_V4, List.of(hex(filled(5, 40)))),
                        new Output.Sent(FROM_V6, PEER_V6, List.of(hex(filled(6, 40)))),
                        new Output.Sent(FROM_V6, PEER_V6, List.of(hex(filled(8, 40)))));
    }

    @Test
    void aRunToAClientLeavesAsOneBatchAndAShorterPacketEndsIt() {
        bind(0x4000, PEER_V4);

        var outputs =
                relay.fromPeer(
                        PEER_V4, PORT, filled(1, 40), filled(2, 40), filled(3, 9), filled(4, 40));

        assertThat(outputs)
                .containsExactly(
                        new Output.Sent(
                                LISTENER_V4,
                                CLIENT_V4,
                                List.of(
                                        hex(channelData(0x4000, filled(1, 40))),
                                        hex(channelData(0x4000, filled(2, 40))),
                                        hex(channelData(0x4000, filled(3, 9))))),
                        new Output.Sent(
                                LISTENER_V4,
                                CLIENT_V4,
                                List.of(hex(channelData(0x4000, filled(4, 40))))));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 120, 500, 1280})
    void longRunsAreCutToWhatOneSendTakes(int payloadLength) {
        bind(0x4000, PEER_V4);
        int count = Math.min(128, 65_535 / (payloadLength + 4));
        var toPeer = new byte[count][];
        var toClient = new byte[count][];
        for (int i = 0; i < count; i++) {
            toClient[i] = filled(i, payloadLength);
            toPeer[i] = channelData(0x4000, toClient[i]);
        }

        var atPeer = datagrams(fromClient(toPeer));
        var atClient = datagrams(relay.fromPeer(PEER_V4, PORT, toClient));

        assertThat(atPeer).isEqualTo(Stream.of(toClient).map(RelayHarness::hex).toList());
        assertThat(atClient).isEqualTo(Stream.of(toPeer).map(RelayHarness::hex).toList());
        assertThat(relay.server.statistics().get(RelayCounter.RELAYED_BYTES))
                .isEqualTo(2L * count * payloadLength);
    }

    @Test
    void requestsAmongDataAreAnsweredInOrder() {
        bind(0x4000, PEER_V4);
        var binding = relay.request(StunMethods.BINDING).build();

        var outputs =
                fromClient(
                        channelData(0x4000, filled(1, 8)),
                        binding,
                        channelData(0x4000, filled(2, 8)));

        assertThat(outputs)
                .containsExactly(
                        new Output.Sent(FROM_V4, PEER_V4, List.of(hex(filled(1, 8)))),
                        reply(
                                        CLIENT_V4,
                                        relay.success(StunMethods.BINDING)
                                                .xorMappedAddress(CLIENT_V4)
                                                .build())
                                .getFirst(),
                        new Output.Sent(FROM_V4, PEER_V4, List.of(hex(filled(2, 8)))));
    }

    /// Each client's peer is the relayed address of the other: nothing passes the kernel.
    @Test
    void twoClientsOfOneRelayReachEachOtherWithTheHeaderRewritten() {
        relay.allocate(CLIENT_V6, 2, "1892160000:bob");
        relay.bind(CLIENT_V4, 1, 0x4000, relayed(PORT + 1));
        assertThat(fromClient(channelData(0x4000, PING))).isEmpty(); // not bound back
        relay.bind(CLIENT_V6, 2, 0x4123, relayed(PORT));

        var outputs =
                fromClient(
                        channelData(0x4000, filled(1, 40)),
                        Arrays.copyOf(channelData(0x4000, filled(2, 40)), 48),
                        channelData(0x4000, filled(3, 3)));

        assertThat(outputs)
                .containsExactly(
                        new Output.Sent(
                                listener(CLIENT_V6),
                                CLIENT_V6,
                                List.of(
                                        hex(channelData(0x4123, filled(1, 40))),
                                        hex(channelData(0x4123, filled(2, 40))),
                                        hex(channelData(0x4123, filled(3, 3))))));
        assertThat(relay.server.statistics().get(RelayCounter.HAIRPINNED_PACKETS)).isEqualTo(3);
        assertThat(relay.server.statistics().get(RelayCounter.RELAYED_BYTES)).isEqualTo(83);
    }

    private List<Output> bind(int channel, Endpoint peer) {
        return relay.bind(CLIENT_V4, 1, channel, peer);
    }

    private List<Output> fromClient(byte[]... datagrams) {
        return relay.fromClient(CLIENT_V4, datagrams);
    }

    private void keepAllocation() {
        relay.fromClient(CLIENT_V4, relay.signed(StunMethods.REFRESH, 1, w -> w.lifetime(3600)));
        assertThat(relay.server.pollTimeout()).isEqualTo(3600 * SECOND_NS);
    }

    private List<Output> bound() {
        var expected = relay.success(StunMethods.CHANNEL_BIND);
        return reply(CLIENT_V4, expected.buildSigned(key(USER)));
    }

    private List<Output> conflict() {
        var expected = relay.error(StunMethods.CHANNEL_BIND, 400, "Bad Request");
        return reply(CLIENT_V4, expected.buildSigned(key(USER)));
    }

    private static List<String> datagrams(List<Output> outputs) {
        return outputs.stream().flatMap(o -> ((Output.Sent) o).datagrams().stream()).toList();
    }

    private static Endpoint relayed(int port) {
        return new Endpoint(LISTENER_V4.address(), port);
    }

    private static byte[] filled(int value, int length) {
        var bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
