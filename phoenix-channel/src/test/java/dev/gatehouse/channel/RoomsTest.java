package dev.gatehouse.channel;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

/// The packages of the channel, and who uses whom.
class RoomsTest {
    @Test
    void eachPackageIsARoomOnTheMap() {
        Rooms.check(
                "dev.gatehouse.channel",
                """
                . ->
                frame ->
                session -> . frame
                login -> . frame
                client -> . login session
                options -> . login
                message -> . frame message.part
                message.part -> .
                """);
    }
}
