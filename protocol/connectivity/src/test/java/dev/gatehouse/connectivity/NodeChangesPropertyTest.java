package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.SimWorld.Peer;
import dev.gatehouse.testkit.Gen;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.SimNetwork;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever happens to a node: its changes, one after the other, add up to its snapshot. The world
/// checks that after every single call (see [SnapshotFollower]).
class NodeChangesPropertyTest {
    private static final int STEPS = 60;
    private static final int CLIENTS = 4;

    private final List<Peer> clients = new ArrayList<>();
    private final List<SimRelay> relays = new ArrayList<>();
    private SimWorld world;
    private Peer gateway;
    private int generation = 1;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void changesAddUpToTheSnapshot(long seed) {
        world = new SimWorld(seed);
        populate();
        var gen = Gen.ofSeed(seed, 4096);

        for (int step = 0; step < STEPS; step++) {
            step(gen);
            world.run(1 + gen.below(2000) * MS);
        }

        assertThat(gateway.follower.peerChanges).isPositive();
        assertThat(gateway.follower.relayChanges).isPositive();
        assertThat(gateway.follower.quietLooks)
                .as("most of what happens changes nothing")
                .isGreaterThan(gateway.follower.peerChanges);
    }

    private void populate() {
        for (int i = 0; i < CLIENTS; i++) {
            var kind = Nat.Kind.values()[i % 3];
            clients.add(world.addClient("c" + i, "10.0.0." + (2 + i), Optional.of(nat(kind, i))));
        }
        var ours = nat(Nat.Kind.PORT_RESTRICTED, CLIENTS);
        gateway = world.addGateway("g", "10.1.0.2", Optional.of(ours));
        relays.add(world.addRelay("relay-1", "203.0.113.3"));
        relays.add(world.addRelay("relay-2", "203.0.113.4"));
        everybody().forEach(peer -> world.init(peer, relays.get(0)));
        world.run(S);
    }

    private Nat nat(Nat.Kind kind, int number) {
        return new Nat(kind, IpAddress.parse("198.51.100." + (2 + number)), world.random());
    }

    private List<Peer> everybody() {
        var all = new ArrayList<>(clients);
        all.add(gateway);
        return all;
    }

    private void step(Gen gen) {
        var client = clients.get(gen.below(CLIENTS));
        switch (gen.below(10)) {
            case 0, 1, 2 -> world.authorize(client, gateway, generation);
            case 3 -> world.authorize(client, gateway, ++generation);
            case 4, 5 -> world.send(client, gateway, "hello");
            case 6 -> updateRelays(gen);
            case 7 -> {
                gateway.node.closeConnection(client.name, gateway.nodeNowNs());
                world.drain(gateway);
            }
            case 8 -> link(gen);
            default -> world.run(gen.oneOf(25, 70, 320, 650) * S);
        }
    }

    private void updateRelays(Gen gen) {
        var relay = relays.get(gen.below(2));
        var added = gen.chance(70) ? List.of(relay.infoFor(gateway.name)) : List.<RelayInfo>of();
        Set<String> removed = gen.chance(50) ? Set.of(relay.id()) : Set.of();
        gateway.node.updateRelays(removed, added, gateway.nodeNowNs());
        world.drain(gateway);
    }

    private void link(Gen gen) {
        if (gen.chance(50)) {
            world.network.link(SimNetwork.Link.steady(10 * MS));
        } else {
            var lost = relays.get(gen.below(2)).address();
            world.network.link(
                    (from, to, _, _) ->
                            from.address().equals(lost) || to.address().equals(lost)
                                    ? OptionalLong.empty()
                                    : OptionalLong.of(10 * MS));
        }
    }
}
