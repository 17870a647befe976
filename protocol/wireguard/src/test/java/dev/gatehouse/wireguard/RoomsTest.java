package dev.gatehouse.wireguard;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.wireguard",
                """
                . -> crypto handshake key message
                crypto ->
                handshake -> crypto key message
                key ->
                message ->
                """);
    }
}
