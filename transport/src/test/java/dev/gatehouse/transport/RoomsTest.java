package dev.gatehouse.transport;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.transport",
                """
                host -> loop netlink process sys
                loop -> process sys
                netlink -> sys
                process -> sys
                sys ->
                tun -> netlink sys
                udp -> sys
                """);
    }
}
