package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The prefix table answers like a linear scan over all networks.
class PrefixTablePropertyTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void longestMatchEqualsALinearScan(long seed) {
        var random = new SplittableRandom(seed);
        var table = new PrefixTable<Integer>();
        var twin = new TreeMap<IpNetwork, Integer>();
        for (int step = 0; step < 3_000; step++) {
            var network = network(random);
            if (random.nextInt(3) == 0) {
                assertThat(table.remove(network)).isEqualTo(twin.remove(network));
            } else {
                assertThat(table.put(network, step)).isEqualTo(twin.put(network, step));
            }
            var address = address(random);
            int below = random.nextInt(140);

            assertThat(table.get(network)).isEqualTo(twin.get(network));
            assertThat(table.longestMatch(address)).isEqualTo(scan(twin, address, 1000));
            assertThat(
                            table.longestMatchBelow(
                                    address.isV4(), address.high(), address.low(), below))
                    .isEqualTo(scan(twin, address, below));
        }
        twin.keySet().forEach(table::remove);
        assertThat(table.isEmpty()).isTrue();
    }

    private static Integer scan(TreeMap<IpNetwork, Integer> twin, IpAddress address, int below) {
        IpNetwork best = null;
        for (var network : twin.keySet()) {
            if (network.contains(address)
                    && network.prefixLength() < below
                    && (best == null || network.prefixLength() > best.prefixLength())) {
                best = network;
            }
        }
        return best == null ? null : twin.get(best);
    }

    private static IpNetwork network(SplittableRandom random) {
        var address = address(random);
        return IpNetwork.of(address, random.nextInt(address.bits() + 1));
    }

    /// Few different bits, so that networks nest.
    private static IpAddress address(SplittableRandom random) {
        long few = 0x8000_0001_0001_0101L;
        return random.nextBoolean()
                ? IpAddress.v4((int) (random.nextLong() & few) | random.nextInt(2) << 31)
                : IpAddress.v6(random.nextLong() & few, random.nextLong() & few);
    }
}
