package dev.gatehouse.dataplane.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class ShardRouterTest {
    private static final IntPredicate ALL = _ -> true;

    private final ShardRouter router = new ShardRouter(3);

    @Test
    void newClientsGoWhereThereAreFewest() {
        for (int i = 0; i < 7; i++) {
            assertThat(connect("client-" + i)).isEqualTo(i % 3);
        }
        router.gone(1, "client-1");

        assertThat(connect("next")).isEqualTo(1);
        assertThat(router.clients(0)).isEqualTo(3);
    }

    @Test
    void knownClientKeepsItsShard() {
        connect("a");
        connect("b");

        assertThat(connect("b")).isEqualTo(1);
        assertThat(router.shardOf("b")).isEqualTo(1);
        assertThat(router.clients(1)).isEqualTo(1);
    }

    @Test
    void unknownClientIsNobodys() {
        assertThat(router.shardOf("nobody")).isZero();
        router.gone(0, "nobody");
        router.answered("nobody");
        assertThat(router.clients(0)).isZero();
    }

    @Test
    void clientThatWasRefusedTakesNoPlace() {
        assertThat(router.assign("a", ALL)).isZero();
        assertThat(router.clients(0)).isEqualTo(1);

        router.answered("a");

        assertThat(router.clients(0)).isZero();
        assertThat(connect("b")).isZero();
    }

    @Test
    void clientsThatAreResumedAreCounted() {
        router.arrived(2, "a");
        router.arrived(2, "a");
        router.arrived(0, "b");

        assertThat(router.clients(2)).isEqualTo(1);
        assertThat(connect("a")).isEqualTo(2);
        assertThat(connect("c")).isEqualTo(1);
    }

    /// It is authorized again while its shard closes the connection.
    @Test
    void goodbyeDuringAnAuthorizationLeavesTheClientWhereItIsAskedFor() {
        connect("x");
        connect("a");

        assertThat(router.assign("a", ALL)).isEqualTo(1);
        router.gone(1, "a");
        assertThat(router.shardOf("a")).isEqualTo(1);
        router.arrived(1, "a");
        router.answered("a");

        assertThat(router.shardOf("a")).isEqualTo(1);
        router.gone(1, "a");
        assertThat(router.clients(1)).isZero();
    }

    @Test
    void whatAFormerShardTellsIsIgnored() {
        connect("a");
        router.gone(0, "a");
        connect("b");
        connect("a");
        assertThat(router.shardOf("a")).isEqualTo(1);

        router.gone(0, "a");

        assertThat(router.shardOf("a")).isEqualTo(1);
    }

    @Test
    void newClientsGoOnlyWhereARelayIs() {
        assertThat(router.assign("a", shard -> shard == 2)).isEqualTo(2);
        assertThat(router.assign("b", shard -> shard == 2)).isEqualTo(2);
        assertThat(router.assign("c", _ -> false)).isZero();
    }

    @Test
    void clientMovesFromAShardWithoutRelay() {
        connect("a");
        assertThat(router.assign("a", _ -> false)).isZero();

        assertThat(router.move("a", 0, shard -> shard == 0)).isEmpty();
        assertThat(router.move("a", 1, ALL)).as("it is not there").isEmpty();
        assertThat(router.move("a", 0, ALL)).hasValue(1);
        router.gone(0, "a");
        router.arrived(1, "a");
        router.answered("a");

        assertThat(router.shardOf("a")).isEqualTo(1);
        assertThat(router.clients(0)).isZero();
        assertThat(router.clients(1)).isEqualTo(1);
        assertThat(router.move("nobody", 0, ALL)).isEmpty();
    }

    private int connect(String clientId) {
        int shard = router.assign(clientId, ALL);
        router.arrived(shard, clientId);
        router.answered(clientId);
        return shard;
    }
}
