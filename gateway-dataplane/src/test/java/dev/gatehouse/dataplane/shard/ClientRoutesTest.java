package dev.gatehouse.dataplane.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.api.Test;

class ClientRoutesTest {
    private static final IpAddress V4 = IpAddress.parse("100.64.0.9");
    private static final IpAddress V6 = IpAddress.parse("fd00:2021:1111::9");
    private static final IpAddress OTHER_V4 = IpAddress.parse("100.64.0.10");

    /// Address to shard; replaced as the kernel does.
    private final Map<IpAddress, Integer> table = new ConcurrentSkipListMap<>();
    private final ClientRoutes routes = new ClientRoutes(FakeDevice::new);

    @Test
    void clientOfAFurtherShardHasRoutesForAsLongAsItIsThere() {
        routes.place(1, "a", V4, V6);
        routes.place(0, "b", OTHER_V4, V6);
        routes.place(0, "b", OTHER_V4, IpAddress.parse("fd00:2021:1111::a"));
        routes.place(1, "a", V4, V6);
        routes.place(2, "c", OTHER_V4, V6);
        routes.remove(1, "a");
        routes.close();

        assertThat(table).containsOnly(Map.entry(OTHER_V4, 2), Map.entry(V6, 2));
    }

    @Test
    void newestClientHasTheAddress() {
        routes.place(1, "a", V4, V6);
        routes.place(0, "b", V4, V6);
        routes.close();

        assertThat(table).as("the tunnel ranges lead to shard 0").isEmpty();
    }

    @Test
    void clientThatLostItsAddressTakesNothingWithIt() {
        routes.place(1, "a", V4, V6);
        routes.place(2, "b", V4, V6);
        routes.remove(1, "a");
        routes.remove(1, "b");
        routes.close();

        assertThat(table).containsOnly(Map.entry(V4, 2), Map.entry(V6, 2));
    }

    @Test
    void otherAddressReplacesTheOneBefore() {
        routes.place(1, "a", V4, V6);
        routes.place(1, "a", OTHER_V4, V6);
        routes.close();

        assertThat(table).containsOnly(Map.entry(OTHER_V4, 1), Map.entry(V6, 1));
        assertThat(routes.failed()).isZero();
    }

    @Test
    void routesThatOthersRemovedAreSetAgain() {
        routes.place(1, "a", V4, V6);
        routes.place(0, "b", OTHER_V4, IpAddress.parse("fd00:2021:1111::a"));
        assertThat(routes.ensure()).as("nothing is missing").isFalse();

        table.remove(V6);

        assertThat(routes.ensure()).isTrue();
        assertThat(table).containsOnly(Map.entry(V4, 1), Map.entry(V6, 1));
        routes.close();
    }

    @Test
    void refusalOfTheKernelIsCounted() {
        routes.place(9, "a", V4, V6);
        routes.close();

        assertThat(routes.failed()).isEqualTo(2);
    }

    private final class FakeDevice implements ClientRoutes.Device {
        private final int shard;

        FakeDevice(int shard) {
            this.shard = shard;
        }

        @Override
        public void add(IpAddress client) throws IOException {
            if (shard == 9) {
                throw new IOException("no such device");
            }
            table.put(client, shard);
        }

        @Override
        public void remove(IpAddress client) {
            table.remove(client, shard);
        }

        @Override
        public boolean ensure(IpAddress client) {
            return table.putIfAbsent(client, shard) == null;
        }

        @Override
        public void close() {}
    }
}
