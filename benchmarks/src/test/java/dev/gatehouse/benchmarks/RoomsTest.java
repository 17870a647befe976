package dev.gatehouse.benchmarks;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.benchmarks",
                """
                . -> core relay shards tunnel
                common ->
                core -> common
                relay -> common
                shards -> common
                tunnel -> common
                """);
    }
}
