package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What the network between peers and relays forgets: packets must flow again within 3 s, both
/// ways, while everything still answers BINDING.
class LostMappingSimTest {
    private static final long DARK_MAX_NS = 3 * S;
    private static final long DARK_LOST_SIGNALS_MAX_NS = 5 * S;
    private static final long STEP_NS = 100 * MS;

    /// Whose translator starts again.
    enum Restarted {
        CLIENTS,
        GATEWAYS,
        BOTH
    }

    /// A relayed path through two translators.
    private record Site(SimPair pair, Nat clientNat, Nat gatewayNat) {
        static Site build(SimWorld world) {
            var relay = world.addRelay("relay-1", "203.0.113.3");
            var clientNat = nat("192.0.2.1", world);
            var gatewayNat = nat("198.51.100.2", world);
            var client = world.addClient(SimPair.CLIENT, "10.0.0.1", Optional.of(clientNat));
            var gateway = world.addGateway(SimPair.GATEWAY, "10.1.0.2", Optional.of(gatewayNat));
            world.init(client, relay);
            world.init(gateway, relay);
            world.run(S);
            world.authorize(client, gateway, 1);
            world.run(3 * S);
            return new Site(new SimPair(client, gateway, relay), clientNat, gatewayNat);
        }

        private static Nat nat(String address, SimWorld world) {
            return new Nat(Nat.Kind.SYMMETRIC, IpAddress.parse(address), world.random());
        }

        void restart(Restarted which) {
            switch (which) {
                case CLIENTS -> clientNat.restart();
                case GATEWAYS -> gatewayNat.restart();
                case BOTH -> {
                    clientNat.restart();
                    gatewayNat.restart();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void relayedPathOutlivesTheMappingsOfATranslator(Restarted which) {
        relayed(
                (world, site) -> {
                    for (int i = 0; i < 3; i++) {
                        site.restart(which);
                        assertFlowsWithin(DARK_MAX_NS, world, site.pair());
                    }
                    assertNothingFailed(site.pair());
                });
    }

    /// Nobody sends while the mapping is lost; whoever begins finds it soon.
    @ParameterizedTest
    @EnumSource
    void idlePathOutlivesTheMappingsOfATranslator(Restarted which) {
        relayed(
                (world, site) -> {
                    world.run(40 * S);
                    site.restart(which);
                    world.run(60 * S);

                    assertFlowsWithin(DARK_MAX_NS, world, site.pair());
                    assertNothingFailed(site.pair());
                });
    }

    /// The portal's connections die of the same cause, and what peers signal meanwhile is lost.
    @Test
    void relayedPathOutlivesBothTranslatorsThoughThePortalLosesTheCandidates() {
        relayed(
                (world, site) -> {
                    site.restart(Restarted.BOTH);
                    world.signalsReachNoneUntilNs = world.nowNs + 2 * S;
                    assertFlowsWithin(DARK_LOST_SIGNALS_MAX_NS, world, site.pair());

                    assertNothingFailed(site.pair());
                });
    }

    @Test
    void candidatesThatArriveAreSignalledOnce() {
        relayed(
                (world, site) -> {
                    int before = candidatesSignalled(site.pair());
                    site.restart(Restarted.CLIENTS);
                    assertFlowsWithin(DARK_MAX_NS, world, site.pair());
                    world.run(20 * S);

                    var signalled = site.pair().client().events(NodeEvent.LocalCandidate.class);
                    assertThat(signalled).doesNotHaveDuplicates();
                    assertThat(candidatesSignalled(site.pair())).isGreaterThan(before);
                });
    }

    private static int candidatesSignalled(SimPair pair) {
        return pair.client().events(NodeEvent.LocalCandidate.class).size();
    }

    @Test
    void relayedPathOutlivesARelayThatForgotEverything() {
        relayed(
                (world, site) -> {
                    site.pair().relay().forgetAll();

                    assertFlowsWithin(DARK_MAX_NS, world, site.pair());
                    assertNothingFailed(site.pair());
                });
    }

    @Test
    void relayedPathFollowsAGatewayToAnotherAddress() {
        relayed(
                (world, site) -> {
                    var gateway = site.pair().gateway();
                    world.move(gateway, "198.51.100.77");

                    assertFlowsWithin(DARK_MAX_NS, world, site.pair());
                    assertNothingFailed(site.pair());
                });
    }

    @Test
    void directPathFollowsEitherPeerToAnotherAddress() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(2 * S);
        pair.exchange(world);

        world.move(pair.gateway(), "198.51.100.77");
        assertFlowsWithin(DARK_MAX_NS, world, pair);
        world.move(pair.client(), "192.0.2.77");
        assertFlowsWithin(DARK_MAX_NS, world, pair);

        assertThat(pair.client().path(pair.gateway()).orElseThrow().involvesRelay()).isFalse();
        assertThat(pair.client().path(pair.gateway()).orElseThrow().local())
                .isEqualTo(pair.client().endpoint());
        assertNothingFailed(pair);
    }

    /// What comes besides the address in use changes nothing.
    @Test
    void changeElsewhereDoesNotDisturbAPathThatWorks() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(2 * S);
        pair.exchange(world);
        var before = pair.client().path(pair.gateway()).orElseThrow();

        pair.gateway().node.handleNetworkChange(List.of(), pair.gateway().nodeNowNs());
        world.drain(pair.gateway());
        world.run(5 * S);
        pair.exchange(world);

        assertThat(pair.gateway().node.hostAddresses()).containsExactly(pair.gateway().address);
        assertThat(pair.client().path(pair.gateway())).contains(before);
        assertThat(pair.gateway().events(NodeEvent.LocalCandidateGone.class)).isEmpty();
    }

    @Test
    void healthyRelayIsLookedAtOnceASecondAndAskedForNothing() {
        relayed(
                (world, site) -> {
                    int refreshes = site.pair().relay().refreshes;
                    int bindings = site.pair().relay().bindings;
                    for (int i = 0; i < 100; i++) {
                        site.pair().exchange(world);
                    }

                    assertThat(site.pair().relay().refreshes).isEqualTo(refreshes);
                    assertThat(site.pair().relay().bindings - bindings).isBetween(60, 90);
                    assertThat(site.pair().relay().allocates).isEqualTo(2);
                });
    }

    /// A TCP sender behind the gateway repeats a long segment, while checks and short packets pass.
    @Test
    void wayThatLosesLongDatagramsInSilenceIsNoticed() {
        var world = new SimWorld(1);
        var relay = world.addRelay("relay-1", "2001:db8::3");
        var client = world.addClient(SimPair.CLIENT, "2001:db8:1::1", Optional.empty());
        var gateway = world.addGateway(SimPair.GATEWAY, "2001:db8:2::2", Optional.empty());
        world.init(client, relay);
        world.init(gateway, relay);
        world.run(S);
        world.authorize(client, gateway, 1);
        world.run(2 * S);
        var pair = new SimPair(client, gateway, relay);
        pair.exchange(world);
        world.network.link(
                (_, _, length, _) ->
                        length > 1_252 ? OptionalLong.empty() : OptionalLong.of(10 * MS));

        var segment = new byte[1_280];
        segment[0] = 0x45;
        segment[2] = 5; // 1,280 bytes
        segment[9] = 6; // TCP
        segment[21] = 80; // the source's port
        for (long pauseMs : new long[] {20, 200, 400, 800, 1_600}) {
            var packets = Packets.batch(segment.clone());
            gateway.node.encapsulate(client.name, packets, 0, 1, gateway.nodeNowNs());
            world.drain(gateway);
            world.run(pauseMs * MS);
        }

        assertThat(gateway.events(NodeEvent.LongDatagramsLost.class))
                .contains(new NodeEvent.LongDatagramsLost(client.endpoint()));
    }

    private static void relayed(BiConsumer<SimWorld, Site> scenario) {
        for (int seed = 1; seed <= 5; seed++) {
            var world = new SimWorld(seed);
            var site = Site.build(world);
            site.pair().exchange(world);
            var path = site.pair().client().path(site.pair().gateway()).orElseThrow();
            assertThat(path.involvesRelay()).isTrue();
            scenario.accept(world, site);
        }
    }

    private static void assertFlowsWithin(long limitNs, SimWorld world, SimPair pair) {
        long beganNs = world.nowNs;
        pair.client().received.clear();
        pair.gateway().received.clear();
        do {
            world.send(pair.client(), pair.gateway(), "ping");
            world.send(pair.gateway(), pair.client(), "pong");
            world.run(STEP_NS);
        } while (!flowsBothWays(pair) && world.nowNs - beganNs < 400 * S);
        assertThat(world.nowNs - beganNs).as("ns without packets").isLessThanOrEqualTo(limitNs);
        world.run(5 * S);
        pair.exchange(world);
    }

    private static boolean flowsBothWays(SimPair pair) {
        return !pair.client().received.isEmpty() && !pair.gateway().received.isEmpty();
    }

    private static void assertNothingFailed(SimPair pair) {
        assertThat(pair.client().events(NodeEvent.Failed.class)).isEmpty();
        assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
    }
}
