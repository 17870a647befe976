package dev.gatehouse.containers;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.containers",
                """
                . ->
                compose -> engine
                engine ->
                image -> engine site
                kubernetes -> engine
                site -> engine
                """);
    }
}
