package dev.gatehouse.relay;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

/// The packages of the relay, and who uses whom.
class RoomsTest {
    @Test
    void eachPackageIsARoomOnTheMap() {
        Rooms.check(
                "dev.gatehouse.relay",
                """
                . -> server server.allocation server.login server.policy server.statistics
                server -> server.allocation server.data server.login server.policy \
                server.request server.statistics
                server.request -> server.allocation server.login server.policy server.statistics
                server.data -> server.allocation server.policy server.statistics
                server.allocation -> server.policy server.statistics
                server.login -> server.statistics
                server.policy ->
                server.statistics ->
                """);
    }
}
