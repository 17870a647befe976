package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.SimWorld.Peer;
import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.PathInfo;
import dev.gatehouse.connectivity.peer.FailureReason;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.SimNetwork;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Two nodes, relays and translators in virtual time. Every scenario runs twice with equal traces.
class NodeSimTest {
    @Test
    void publicHostsConnectDirectly() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);

                    world.run(S);
                    pair.exchange(world);

                    assertThat(pair.client().path(pair.gateway()).orElseThrow().localKind())
                            .isEqualTo(Candidate.Kind.HOST);
                    assertThat(pair.gateway().path(pair.client()).orElseThrow().remote())
                            .isEqualTo(pair.client().endpoint());
                    assertThat(pair.client().events(NodeEvent.Connected.class)).hasSize(1);
                    assertThat(pair.gateway().events(NodeEvent.Connected.class)).hasSize(1);
                });
    }

    @Test
    void portPreservingTranslatorsArePunchedThrough() {
        twice(
                world -> {
                    var pair = SimPair.behind(Nat.Kind.PORT_RESTRICTED, world);

                    world.run(3 * S);
                    pair.exchange(world);

                    var path = pair.client().path(pair.gateway()).orElseThrow();
                    assertThat(path.isRelayed()).isFalse();
                    assertThat(path.remote()).isEqualTo(Endpoint.parse("198.51.100.2:52625"));
                });
    }

    @Test
    void symmetricTranslatorsAreReachedOverRelays() {
        twice(
                world -> {
                    var pair = SimPair.behind(Nat.Kind.SYMMETRIC, world);

                    world.run(3 * S);
                    pair.exchange(world);

                    var path = pair.client().path(pair.gateway()).orElseThrow();
                    boolean relayed =
                            path.isRelayed() || path.remoteKind() == Candidate.Kind.RELAYED;
                    assertThat(relayed).isTrue();
                });
    }

    @Test
    void pathMovesToTheDirectOneOnceThatWorks() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    var clientAddress = pair.client().address;
                    var gatewayAddress = pair.gateway().address;
                    Set<IpAddress> ends = Set.of(clientAddress, gatewayAddress);
                    world.network.link(
                            (from, to, _, _) ->
                                    ends.contains(from.address()) && ends.contains(to.address())
                                            ? OptionalLong.empty()
                                            : OptionalLong.of(10 * MS));
                    world.run(2 * S);
                    pair.exchange(world);
                    var before = pair.client().path(pair.gateway()).orElseThrow();
                    world.network.link(SimNetwork.Link.steady(10 * MS));

                    world.run(4 * S);
                    pair.exchange(world);

                    assertThat(relayIsInvolved(before)).isTrue();
                    assertThat(relayIsInvolved(pair.client().path(pair.gateway()).orElseThrow()))
                            .isFalse();
                    assertThat(relayIsInvolved(pair.gateway().path(pair.client()).orElseThrow()))
                            .isFalse();
                });
    }

    /// The client gives the direct pair up after 17 s and nominates another. The gateway keeps
    /// pairs for ten minutes, but has to follow before the client gives the tunnel up.
    @Test
    void relayTakesOverFromADirectPathThatIsCut() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    world.run(S);
                    pair.exchange(world);
                    Set<IpAddress> ends = Set.of(pair.client().address, pair.gateway().address);
                    world.network.link(
                            (from, to, _, _) ->
                                    ends.contains(from.address()) && ends.contains(to.address())
                                            ? OptionalLong.empty()
                                            : OptionalLong.of(10 * MS));

                    for (int i = 0; i < 18; i++) {
                        world.send(pair.client(), pair.gateway(), "lost");
                        world.run(S);
                    }
                    pair.exchange(world);

                    assertThat(pair.client().events(NodeEvent.Failed.class)).isEmpty();
                    assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
                });
    }

    /// A restarted translator gives the client another port; nobody is told.
    @Test
    void gatewayFollowsAClientWhoseTranslatorWasRestarted() {
        twice(
                world -> {
                    var relay = world.addRelay("relay-1", "203.0.113.3");
                    var address = IpAddress.parse("192.0.2.1");
                    var nat = new Nat(Nat.Kind.SYMMETRIC, address, world.random());
                    var client = world.addClient(SimPair.CLIENT, "10.0.0.1", Optional.of(nat));
                    var gateway =
                            world.addGateway(SimPair.GATEWAY, "198.51.100.2", Optional.empty());
                    world.init(client, relay);
                    world.init(gateway, relay);
                    world.run(S);
                    world.authorize(client, gateway, 1);
                    world.run(3 * S);
                    var pair = new SimPair(client, gateway, relay);
                    pair.exchange(world);

                    for (int i = 0; i < 2; i++) {
                        nat.restart();
                        world.run(2 * S);
                        pair.exchange(world);
                    }
                });
    }

    @Test
    void relayedConnectionSurvivesTheEndOfItsRelay() {
        twice(
                world -> {
                    var pair = SimPair.behind(Nat.Kind.SYMMETRIC, world);
                    var spare = world.addRelay("relay-2", "203.0.113.4");
                    world.run(3 * S);
                    pair.exchange(world);
                    world.init(pair.client(), spare);
                    world.init(pair.gateway(), spare);
                    world.run(S);
                    world.network.removeAddress(pair.relay().address());
                    pair.client()
                            .node
                            .updateRelays(Set.of("relay-1"), List.of(), pair.client().nodeNowNs());
                    pair.gateway()
                            .node
                            .updateRelays(Set.of("relay-1"), List.of(), pair.gateway().nodeNowNs());

                    world.run(5 * S);
                    pair.exchange(world);

                    assertThat(pair.client().events(NodeEvent.Failed.class)).isEmpty();
                    assertThat(pair.client().events(NodeEvent.LocalCandidateGone.class))
                            .isNotEmpty();
                });
    }

    @Test
    void relayThatAnswersNoMoreIsForgottenAndAsked() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    world.run(S);

                    world.network.removeAddress(pair.relay().address());
                    world.run(70 * S);
                    pair.exchange(world);

                    assertThat(pair.gateway().events(NodeEvent.NoRelays.class)).hasSize(1);
                    assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
                });
    }

    @Test
    void restartedPeerWithNewKeysReplacesItsConnection() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    world.run(S);
                    pair.exchange(world);

                    world.restartAfresh(pair.client());
                    world.init(pair.client(), pair.relay());
                    world.run(S);
                    world.authorize(pair.client(), pair.gateway(), 2);
                    world.run(S);
                    pair.exchange(world);

                    assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
                    assertThat(pair.gateway().node.peerIds()).containsExactly(SimPair.CLIENT);
                });
    }

    @Test
    void gatewayResumedFromASnapshotGoesOnWithoutTheClientNoticing() {
        for (var kind : Nat.Kind.values()) {
            twice(
                    world -> {
                        var pair = SimPair.behind(kind, world);
                        world.run(3 * S);
                        pair.exchange(world);
                        int allocates = pair.relay().allocates;
                        int clientEvents = pair.client().events.size();

                        world.restartWithSnapshot(pair.gateway(), 700 * MS);
                        world.run(500 * MS);
                        pair.exchange(world);

                        assertThat(pair.relay().allocates).isEqualTo(allocates);
                        assertThat(pair.client().events).hasSize(clientEvents);
                        assertThat(pair.gateway().events(NodeEvent.Connected.class)).hasSize(2);
                        world.run(120 * S);
                        pair.exchange(world);
                    });
        }
    }

    @Test
    void onePercentLossIsLivedWithForTenMinutes() {
        twice(
                world -> {
                    var pair = SimPair.behind(Nat.Kind.SYMMETRIC, world);
                    world.network.link(SimNetwork.Link.rough(world.random(), 1, 5 * MS, 25 * MS));
                    world.run(6 * S);
                    int sent = 0;
                    for (int i = 0; i < 600; i++, sent++) {
                        world.send(pair.client(), pair.gateway(), "to gateway " + i);
                        world.send(pair.gateway(), pair.client(), "to client " + i);
                        world.run(S);
                    }

                    assertThat(pair.client().events(NodeEvent.Failed.class)).isEmpty();
                    assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
                    assertThat(pair.gateway().received).hasSizeGreaterThan(sent * 95 / 100);
                    assertThat(pair.client().received).hasSizeGreaterThan(sent * 95 / 100);
                });
    }

    @Test
    void clientKeepsItsFirstPacketsUntilTheSessionIsUp() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    for (int i = 0; i < 130; i++) {
                        world.send(pair.client(), pair.gateway(), "early " + i);
                    }

                    world.run(S);

                    assertThat(pair.gateway().received)
                            .hasSize(128)
                            .endsWith(SimPair.CLIENT + ": early 129");
                    assertThat(pair.client().node.drops().get(DropReason.PARKED_OVERFLOW))
                            .isEqualTo(2);
                });
    }

    @Test
    void gatewayDropsPacketsWithoutAPath() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);

        int taken = world.send(pair.gateway(), pair.client(), "early");
        world.run(S);

        assertThat(taken).isZero();
        assertThat(pair.client().received).isEmpty();
        assertThat(pair.gateway().node.drops().get(DropReason.NO_PATH)).isEqualTo(1);
    }

    @Test
    void gatewayLeavesSessionsToASleepingClient() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        pair.exchange(world);
        world.run(15 * S); // keepalives
        var clientAddress = pair.client().address;
        world.network.link(
                (from, to, _, _) ->
                        clientAddress.equals(from.address()) || clientAddress.equals(to.address())
                                ? OptionalLong.empty()
                                : OptionalLong.of(10 * MS));
        world.run(200 * S);
        world.captured.clear();
        world.network.link(SimNetwork.Link.steady(10 * MS));

        int taken = world.send(pair.gateway(), pair.client(), "wake up");
        world.run(30 * S);

        assertThat(taken).isEqualTo(1);
        assertThat(pair.gateway().node.drops().get(DropReason.NO_SESSION)).isEqualTo(1);
        assertThat(pair.gateway().events(NodeEvent.Failed.class)).isEmpty();
        assertThat(world.captured).noneMatch(d -> d.payload()[0] == 1); // no initiation
    }

    @Test
    void relayThatIsNamedAgainIsKeptAndTheOthersAreRefreshed() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        var spare = world.addRelay("relay-2", "203.0.113.4");
        world.init(pair.gateway(), spare);
        world.run(S);
        int refreshes = pair.relay().refreshes;
        int sparesRefreshes = spare.refreshes;

        world.init(pair.gateway(), pair.relay());
        world.run(S);

        assertThat(pair.relay().refreshes).isEqualTo(refreshes);
        assertThat(spare.refreshes).isEqualTo(sparesRefreshes + 1);
        assertThat(pair.gateway().node.readyRelayIds()).containsExactly("relay-1", "relay-2");
    }

    /// The portal names the new one before it takes the old one away.
    @Test
    void relayThatWasStartedAgainIsReadyAtOnce() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        var address = pair.relay().address().toString();
        world.network.removeAddress(pair.relay().address());
        var again = world.addRelay("relay-2", address);

        world.init(pair.gateway(), again);
        world.run(S / 10);
        assertThat(pair.gateway().node.readyRelayIds()).contains("relay-2");

        pair.gateway().node.updateRelays(Set.of("relay-1"), List.of(), pair.gateway().nodeNowNs());
        world.run(S);
        assertThat(pair.gateway().events(NodeEvent.NoRelays.class)).isEmpty();
    }

    @Test
    void peerWithoutCandidatesFailsAfterTenSeconds() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.network.removeAddress(pair.gateway().address);
        var lonely = world.addClient("c2", "192.0.2.77", Optional.empty());
        world.init(lonely, pair.relay());
        world.run(S);
        lonely.node.upsertConnection(
                "nobody",
                pair.gateway().keys.publicKey(),
                new dev.gatehouse.wireguard.key.PresharedKey(new byte[32]),
                new dev.gatehouse.ice.IceCredentials("a", "b"),
                new dev.gatehouse.ice.IceCredentials("c", "d"),
                lonely.nodeNowNs());

        world.run(10 * S + MS);

        assertThat(lonely.events(NodeEvent.Failed.class))
                .containsExactly(new NodeEvent.Failed("nobody", FailureReason.NO_CANDIDATES));
        assertThat(lonely.node.peerIds()).isEmpty();
    }

    @Test
    void clientNoticesADeadGatewayAndTheGatewayLeavesThatToTheClient() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        pair.exchange(world);

        world.network.removeAddress(pair.gateway().address);
        world.run(22 * S);

        assertThat(pair.client().events(NodeEvent.Failed.class))
                .extracting(NodeEvent.Failed::reason)
                .containsExactly(FailureReason.ICE_DISCONNECTED);
    }

    @Test
    void idleConnectionIsCheckedRarelyAndWakesUp() {
        twice(
                world -> {
                    var pair = SimPair.ofPublicHosts(world);
                    world.run(S);
                    pair.exchange(world);
                    world.run(30 * S);
                    int before = world.trace().size();
                    world.run(100 * S);
                    int idleDatagrams = world.trace().size() - before;

                    pair.exchange(world);
                    before = world.trace().size();
                    world.run(10 * S);

                    assertThat(idleDatagrams).isLessThan(150);
                    assertThat(world.trace().size() - before).isGreaterThan(80);
                });
    }

    @Test
    void manyClientsComeAndGoAtOneGateway() {
        twice(
                world -> {
                    var relay = world.addRelay("relay-1", "203.0.113.3");
                    var gateway = world.addGateway("gateway", "198.51.100.2", Optional.empty());
                    var clients = new ArrayList<Peer>();
                    for (int i = 0; i < 40; i++) {
                        clients.add(
                                world.addClient("c" + i, "192.0.2." + (i + 1), Optional.empty()));
                    }
                    world.init(gateway, relay);
                    clients.forEach(client -> world.init(client, relay));
                    world.run(S);
                    clients.forEach(client -> world.authorize(client, gateway, 1));
                    world.run(S);
                    for (int i = 0; i < 40; i += 3) {
                        gateway.node.closeConnection("c" + i, gateway.nodeNowNs());
                    }
                    clients.forEach(client -> world.send(client, gateway, client.name));

                    world.run(40 * S);

                    assertThat(gateway.received).hasSize(26).contains("c1: c1", "c38: c38");
                    assertThat(gateway.node.peerIds()).hasSize(26);
                    assertThat(gateway.node.drops().get(DropReason.SESSION_CLOSED)).isEqualTo(14);
                    assertThat(clients.get(0).events(NodeEvent.Failed.class)).hasSize(1);
                    assertThat(clients.get(1).events(NodeEvent.Failed.class)).isEmpty();
                });
    }

    @Test
    void clientThatNamesAThousandAddressesLeavesChannelsForOthers() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        var gateway = pair.gateway();
        for (int i = 0; i < 1_000; i++) {
            String candidate =
                    "candidate:1 1 udp 1694498559 203.0.113.9 %d typ srflx raddr 0.0.0.0 rport 0";
            gateway.node.addRemoteCandidate(
                    SimPair.CLIENT, candidate.formatted(10_000 + i), gateway.nodeNowNs());
        }
        world.drain(gateway);
        world.run(S);

        assertThat(pair.relay().binds).isBetween(64, 300);
        pair.exchange(world);
    }

    /// All answer within the same tenth of a second, far more than a second's handshakes.
    @Test
    void resumedGatewayReachesAllItsClientsAtOnce() {
        var world = new SimWorld(5);
        var relay = world.addRelay("relay-1", "203.0.113.3");
        var gateway = world.addGateway("gateway", "198.51.100.2", Optional.empty());
        world.init(gateway, relay);
        for (int i = 0; i < 150; i++) {
            var client = world.addClient("c" + i, "192.0.2." + (i + 1), Optional.empty());
            world.init(client, relay);
            world.run(20 * MS);
            world.authorize(client, gateway, 1);
        }
        world.run(S);
        assertThat(gateway.events(NodeEvent.Connected.class)).hasSize(150);

        world.restartWithSnapshot(gateway, 700 * MS);
        world.run(100 * MS);

        assertThat(gateway.events(NodeEvent.Connected.class)).hasSize(300);
    }

    @Test
    void upsertWithTheSameKeysTellsEveryCandidateAgain() {
        var world = new SimWorld(1);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        pair.exchange(world);
        int told = pair.gateway().events(NodeEvent.LocalCandidate.class).size();

        world.authorize(pair.client(), pair.gateway(), 1);
        world.run(S);
        pair.exchange(world);

        assertThat(pair.gateway().events(NodeEvent.LocalCandidate.class)).hasSize(2 * told);
        assertThat(pair.gateway().events(NodeEvent.Connected.class)).hasSize(1);
    }

    /// tunnel.md 4.4 and 9.2: the half that is left is used again at once.
    @Test
    void halfThatWasLostIsMadeAnewWithTheNextAuthorization() {
        for (boolean clientLoses : new boolean[] {true, false}) {
            var world = new SimWorld(1);
            var pair = SimPair.ofPublicHosts(world);
            world.run(5 * S);
            pair.exchange(world);
            var loser = clientLoses ? pair.client() : pair.gateway();
            var other = clientLoses ? pair.gateway() : pair.client();
            loser.node.closeConnection(other.name, loser.nodeNowNs());

            world.authorize(pair.client(), pair.gateway(), 1);
            world.run(S);

            pair.exchange(world);
        }
    }

    @Test
    void upsertWithoutRelaysChangesNothing() {
        var world = new SimWorld(1);
        var peer = world.addClient("c1", "192.0.2.1", Optional.empty());

        var verdict =
                peer.node.upsertConnection(
                        "x",
                        peer.keys.publicKey(),
                        new dev.gatehouse.wireguard.key.PresharedKey(new byte[32]),
                        new dev.gatehouse.ice.IceCredentials("a", "b"),
                        new dev.gatehouse.ice.IceCredentials("c", "d"),
                        0);

        assertThat(verdict).isEqualTo(Upsert.NO_RELAYS);
        assertThat(peer.node.pollEvent()).isEqualTo(new NodeEvent.NoRelays());
        assertThat(peer.node.peerIds()).isEmpty();
    }

    private static boolean relayIsInvolved(PathInfo path) {
        return path.isRelayed() || path.remoteKind() == Candidate.Kind.RELAYED;
    }

    private static void twice(Consumer<SimWorld> scenario) {
        var first = new SimWorld(42);
        var second = new SimWorld(42);

        scenario.accept(first);
        scenario.accept(second);

        assertThat(second.trace()).isEqualTo(first.trace());
    }
}
