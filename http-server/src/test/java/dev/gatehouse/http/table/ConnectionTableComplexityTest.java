package dev.gatehouse.http.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import org.junit.jupiter.api.Test;

/// A connection costs the same in a full table as in a small one, whoever fills it.
class ConnectionTableComplexityTest {
    private static final int N = 500;

    @Test
    void aFloodOfOneAddressIsLinear() {
        assertThat(bytes(8 * N, 1)).isLessThanOrEqualTo(10 * bytes(N, 1));
    }

    @Test
    void aFloodOfManyAddressesIsLinear() {
        assertThat(bytes(8 * N, 8 * N)).isLessThanOrEqualTo(10 * bytes(N, N));
    }

    /// Allocations of filling a table, of as many in vain, and of their ends.
    private static long bytes(int connections, int addresses) {
        flood(connections, addresses);
        return AllocatedBytes.of(1, _ -> flood(connections, addresses));
    }

    private static void flood(int connections, int addresses) {
        var table = new ConnectionTable(connections, connections);
        for (int i = 0; i < 2 * connections; i++) {
            table.admit(IpNetwork.host(IpAddress.v4(i % addresses)), 1, 0);
        }
        assertThat(table.removeExpired(1)).hasSize(connections);
    }
}
