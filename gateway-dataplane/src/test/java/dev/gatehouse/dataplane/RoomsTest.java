package dev.gatehouse.dataplane;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.dataplane",
                """
                . -> config dns gateway gateway.drop handover host rpc shard
                config -> host
                dns ->
                gateway -> gateway.drop gateway.filter gateway.fragment \
                       gateway.limit gateway.name gateway.nat
                gateway.drop ->
                gateway.filter ->
                gateway.fragment -> gateway.drop gateway.limit gateway.nat
                gateway.limit ->
                gateway.name -> gateway.drop gateway.limit
                gateway.nat -> gateway.limit
                handover -> gateway gateway.nat snapshot
                host ->
                rpc -> config handover shard snapshot
                shard -> config dns gateway gateway.drop gateway.filter gateway.limit handover \
                       host snapshot
                snapshot -> gateway gateway.filter gateway.name gateway.nat
                """);
    }
}
