package dev.gatehouse.portal.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TunnelPoolTest {
    @Test
    void tunnelAddressesAreUniqueAndNeverReserved() {
        var random = new SplittableRandom(7);
        var taken = new HashSet<Integer>();
        for (int i = 0; i < 20_000; i++) {
            int offset = TunnelPool.allocate(taken::contains, random).orElseThrow();
            assertThat(taken.add(offset)).isTrue();
            assertThat(offset).isBetween(1, TunnelPool.SIZE - 2);
        }
        assertThat(TunnelPool.ipv4(1)).hasToString("100.64.0.1");
        assertThat(TunnelPool.ipv4(TunnelPool.SIZE - 2)).hasToString("100.95.255.254");
        assertThat(TunnelPool.ipv6(TunnelPool.SIZE - 2)).hasToString("fd00:2021:1111::1f:fffe");
    }

    @Test
    void theLastFreeAddressIsFoundAndThenNone() {
        var random = new SplittableRandom(7);
        assertThat(TunnelPool.allocate(o -> o != 77, random)).hasValue(77);
        assertThat(TunnelPool.allocate(_ -> true, random)).isEmpty();
    }
}
