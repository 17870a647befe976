package dev.gatehouse.systemtests;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.systemtests",
                """
                . ->
                host -> site
                hostile -> hostile.attack hostile.site site
                hostile.attack -> hostile.site
                hostile.site -> site
                life -> site
                packets -> site
                peers -> site
                site ->
                """);
    }
}
