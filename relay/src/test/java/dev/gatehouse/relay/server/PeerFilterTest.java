package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V6;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V4;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V6;
import static dev.gatehouse.relay.server.RelayHarness.LOWEST_PORT;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V4;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static dev.gatehouse.relay.server.RelayHarness.channelData;
import static dev.gatehouse.relay.server.RelayHarness.config;
import static dev.gatehouse.relay.server.RelayHarness.key;
import static dev.gatehouse.relay.server.RelayHarness.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.policy.PeerFilter;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerFilterTest {
    private static final byte[] PING = {1, 2, 3};

    @Test
    void aRelayOnAPrivateNetworkServesPrivatePeersButNotItsHost() {
        var own = IpAddress.parse("10.99.0.3");
        var filter =
                new PeerFilter(
                        new RelayConfig(
                                Optional.of(own),
                                Optional.of(IpAddress.parse("fd99::3")),
                                3478,
                                49_152,
                                65_535,
                                "relay",
                                RelayLimits.DEFAULT,
                                List.of()));
        filter.handleOwnAddresses(List.of(own, IpAddress.parse("192.168.7.1")));

        assertThat(List.of("10.1.2.3", "192.168.1.1", "100.64.0.1", "fd00::1"))
                .allMatch(address -> filter.isAllowed(IpAddress.parse(address)));
        assertThat(
                        List.of(
                                "10.99.0.3",
                                "192.168.7.1",
                                "127.0.0.1",
                                "0.0.0.0",
                                "169.254.169.254",
                                "fd00:ec2::254",
                                "::1",
                                "::ffff:127.0.0.1",
                                "fe80::1"))
                .noneMatch(address -> filter.isAllowed(IpAddress.parse(address)));
    }

    @Test
    void aPrivateAddressOfOneFamilySaysNothingOfTheOther() {
        var filter =
                new PeerFilter(
                        new RelayConfig(
                                Optional.of(IpAddress.parse("203.0.113.1")),
                                Optional.of(IpAddress.parse("fd99::3")),
                                3478,
                                49_152,
                                65_535,
                                "relay",
                                RelayLimits.DEFAULT,
                                List.of()));

        assertThat(filter.isAllowed(IpAddress.parse("10.1.2.3"))).isFalse();
        assertThat(filter.isAllowed(IpAddress.parse("fd00::1"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.1.2.3",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.168.1.1",
                "224.0.0.1",
                "239.255.255.255",
                "255.255.255.255",
                "::",
                "::1",
                "::127.0.0.1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:0:10.0.0.1",
                "64:ff9b::169.254.169.254",
                "64:ff9b::a00:1",
                "64:ff9b:1::808:808",
                "2002:a00:1::1",
                "2002:7f00:1::",
                "2001:0:a00:1::1",
                "2001:0:808:808::f5ff:fffe",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1"
            })
    void aPeerWithoutGlobalReachIsForbidden(String address) {
        var relay = allocated(config(true, true));
        var peer = new Endpoint(IpAddress.parse(address), 52_625);

        assertThat(relay.bind(CLIENT_V4, 1, 0x4000, peer)).isEqualTo(forbidden(relay));
        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4000, PING))).isEmpty();
        assertThat(relay.fromPeer(peer, LOWEST_PORT, PING)).isEmpty();
        assertThat(permission(relay, peer)).isEqualTo(forbidden(relay));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.2.5",
                "192.167.255.255",
                "223.255.255.255",
                "64:ff9b::808:808",
                "2002:808:808::1",
                "2001:0:808:808::f7f7:f7f7",
                "2001:db8::5",
                "2606:4700::1111"
            })
    void aPeerWithGlobalReachIsRelayedTo(String address) {
        var relay = allocated(config(true, true));
        var peer = new Endpoint(IpAddress.parse(address), 52_625);

        assertThat(relay.bind(CLIENT_V4, 1, 0x4000, peer)).isEqualTo(bound(relay));
        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4000, PING))).hasSize(1);
    }

    @Test
    void whatIsNamedIsAllowedInEveryForm() {
        var relay = allocated(allowing("10.1.0.0/16", "fd00::/8"));

        assertThat(List.of("10.1.2.3", "fd12::1", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"))
                .allSatisfy(text -> assertThat(bind(relay, text)).isEqualTo(bound(relay)));
        assertThat(List.of("10.2.0.1", "127.0.0.1", "fc00::1", "64:ff9b::10.2.0.1"))
                .allSatisfy(text -> assertThat(bind(relay, text)).isEqualTo(forbidden(relay)));
    }

    @Test
    void theRelaysOwnAddressesAreForbiddenButNotItsAllocations() {
        var relay = allocated(config(true, true));
        relay.server.handleOwnAddresses(
                Stream.of("198.51.100.200", "2001:db8:9::9").map(IpAddress::parse).toList());

        assertThat(bind(relay, "198.51.100.200")).isEqualTo(forbidden(relay));
        assertThat(bind(relay, "2001:db8:9::9")).isEqualTo(forbidden(relay));
        for (int port : List.of(53, LISTENER_V4.port(), LOWEST_PORT + 1)) {
            assertThat(relay.bind(CLIENT_V4, 1, 0x4500, new Endpoint(LISTENER_V4.address(), port)))
                    .isEqualTo(forbidden(relay));
            assertThat(relay.bind(CLIENT_V4, 1, 0x4500, new Endpoint(LISTENER_V6.address(), port)))
                    .isEqualTo(forbidden(relay));
        }
        relay.allocate(CLIENT_V6, 2, "1892160000:bob");
        var neighbour = new Endpoint(LISTENER_V4.address(), LOWEST_PORT + 1);
        assertThat(relay.bind(CLIENT_V4, 1, 0x4500, neighbour)).isEqualTo(bound(relay));
        assertThat(permission(relay, neighbour)).isEqualTo(permitted(relay));
    }

    @Test
    void whatTakesThePortOfANeighbourThatLeftGetsNothing() {
        var relay = allocated(config(true, true));
        relay.allocate(CLIENT_V6, 2, "1892160000:bob");
        var neighbour = new Endpoint(LISTENER_V4.address(), LOWEST_PORT + 1);
        relay.bind(CLIENT_V4, 1, 0x4500, neighbour);
        relay.fromClient(
                CLIENT_V6,
                relay.signed(
                        StunMethods.REFRESH,
                        "1892160000:bob",
                        RelayHarness.nonce(2),
                        w -> w.lifetime(0)));

        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4500, PING))).isEmpty();
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_DENIED_PEER)).isOne();
    }

    @Test
    void aRelayNeverTalksToItselfWhateverIsNamed() {
        var relay = allocated(allowing("203.0.113.0/24"));

        assertThat(relay.bind(CLIENT_V4, 1, 0x4000, LISTENER_V4)).isEqualTo(forbidden(relay));
        assertThat(bind(relay, LISTENER_V4.address().toString())).isEqualTo(bound(relay));
    }

    @Test
    void aRefusedPeerLeavesAllocationAndChannelsAlone() {
        var relay = allocated(config(true, true));
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);

        for (int i = 1; i < 100; i++) {
            relay.bind(CLIENT_V4, 1, 0x4000 + i, new Endpoint(IpAddress.v4(0x0A000001), i));
        }

        assertThat(relay.server.statistics().allocations()).isOne();
        assertThat(relay.server.statistics().channels()).isOne();
        assertThat(relay.fromClient(CLIENT_V4, channelData(0x4000, PING))).hasSize(1);
    }

    private static RelayHarness allocated(RelayConfig config) {
        var relay = new RelayHarness(config);
        relay.allocate(CLIENT_V4, 1, USER);
        return relay;
    }

    private static RelayConfig allowing(String... networks) {
        var config = config(true, true);
        return new RelayConfig(
                config.publicV4(),
                config.publicV6(),
                config.listenPort(),
                config.lowestPort(),
                config.highestPort(),
                config.software(),
                config.limits(),
                Stream.of(networks).map(IpNetwork::parse).toList());
    }

    private int nextChannel = 0x4000;

    private List<Output> bind(RelayHarness relay, String address) {
        var peer = new Endpoint(IpAddress.parse(address), 52_625);
        return relay.bind(CLIENT_V4, 1, nextChannel++, peer);
    }

    private static List<Output> permission(RelayHarness relay, Endpoint peer) {
        return relay.fromClient(
                CLIENT_V4,
                relay.signed(
                        StunMethods.CREATE_PERMISSION,
                        1,
                        w -> w.xorPeerAddress(PEER_V4).xorPeerAddress(peer)));
    }

    private static List<Output> bound(RelayHarness relay) {
        return reply(CLIENT_V4, relay.success(StunMethods.CHANNEL_BIND).buildSigned(key(USER)));
    }

    private static List<Output> permitted(RelayHarness relay) {
        return reply(
                CLIENT_V4, relay.success(StunMethods.CREATE_PERMISSION).buildSigned(key(USER)));
    }

    /// The reply to the request before, which may have been of either kind.
    private static List<Output> forbidden(RelayHarness relay) {
        return reply(
                CLIENT_V4,
                relay.error(relay.lastMethod(), 403, "Forbidden").buildSigned(key(USER)));
    }
}
