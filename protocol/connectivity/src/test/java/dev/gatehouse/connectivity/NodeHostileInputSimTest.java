package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.testkit.Mutator;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.SimDatagram;
import dev.gatehouse.wire.Endpoint;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged copies of everything that travelled, injected with the addresses of the originals, are
/// survived: nothing is thrown and the tunnel works on.
class NodeHostileInputSimTest {
    private static final int ROUNDS = 4_000;
    private static final int STUN_FIRST_BYTE_MAX = 3;
    private static final Endpoint ANYWHERE = Endpoint.parse("203.0.113.99:40000");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedCopiesDisturbNoTunnel(long seed) {
        var world = new SimWorld(seed);
        var pair = SimPair.behind(Nat.Kind.PORT_RESTRICTED, world);
        world.run(3 * S);
        pair.exchange(world);

        inject(world, pair, seed);

        world.run(S);
        pair.exchange(world);
    }

    private static void inject(SimWorld world, SimPair pair, long seed) {
        var mutator = new Mutator(seed);
        var seen = List.copyOf(world.captured);
        for (int i = 0; i < ROUNDS; i++) {
            var original = mutator.choose(seen);
            var victim = original.host().equals(SimPair.CLIENT) ? pair.client() : pair.gateway();
            byte[] damaged = mutator.bytes(original.payload());
            world.deliver(victim, victim.endpoint(), source(original, mutator), damaged);
            if (i % 20 == 0) {
                world.run(MS);
            }
        }
        long counted =
                List.of(DropReason.values()).stream()
                        .mapToLong(pair.gateway().node.drops()::get)
                        .sum();
        assertThat(counted).isPositive();
    }

    /// A check that is repeated whole from elsewhere does move the path (tunnel.md 2.12), so STUN
    /// keeps its source.
    private static Endpoint source(SimDatagram original, Mutator mutator) {
        boolean isStun = original.payload()[0] <= STUN_FIRST_BYTE_MAX;
        return isStun || mutator.below(4) > 0 ? original.remote() : ANYWHERE;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noiseIsCounted(long seed) {
        var world = new SimWorld(seed);
        var pair = SimPair.ofPublicHosts(world);
        world.run(S);
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] noise = mutator.noise(mutator.below(1500));
            world.deliver(pair.gateway(), pair.gateway().endpoint(), ANYWHERE, noise);
        }

        pair.exchange(world);
    }
}
